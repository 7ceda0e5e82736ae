"""Plain Locust: one user sends off a visit every 10 ms, come what may, and its time counts from when it was due."""

import time

import gevent
from locust import FastHttpUser, task

EVERY_S = 0.01


class Visitor(FastHttpUser):
    fixed_count = 1
    concurrency = 1000  # connections at once

    @task
    def arrive(self) -> None:
        due = time.perf_counter()
        while True:
            due += EVERY_S
            gevent.sleep(max(0.0, due - time.perf_counter()))
            gevent.spawn(self.quick, due)

    def quick(self, due: float) -> None:
        with self.client.get("/quick", catch_response=True) as answer:
            answer.request_meta["response_time"] = (time.perf_counter() - due) * 1000
