"""Plain Locust: each user comes once a second, and there are a hundred, so that nobody still waits when it is due."""

import random

import gevent
from locust import FastHttpUser, constant_pacing, task


class Visitor(FastHttpUser):
    fixed_count = 100
    # It waits for what is left of the second. No stall is as long as that, so nobody misses a turn.
    wait_time = constant_pacing(1)

    def on_start(self) -> None:
        gevent.sleep(random.random())  # Locust starts them all at once: each needs a place of its own in the second

    @task
    def quick(self) -> None:
        self.client.get("/quick")
