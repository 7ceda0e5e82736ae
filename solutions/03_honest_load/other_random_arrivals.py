"""Visitors come at random, as real ones do: each wait is exponential, a hundred a second on average."""

import random
import time

import gevent
from locust import FastHttpUser, task

RATE = 100


class Visitor(FastHttpUser):
    fixed_count = 1
    concurrency = 1000  # connections at once

    @task
    def arrive(self) -> None:
        due = time.perf_counter()
        while True:
            due += random.expovariate(RATE)
            gevent.sleep(max(0.0, due - time.perf_counter()))
            gevent.spawn(self.quick, due)

    def quick(self, due: float) -> None:
        with self.client.get("/quick", catch_response=True) as answer:
            answer.request_meta["response_time"] = (time.perf_counter() - due) * 1000
