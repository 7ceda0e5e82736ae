"""Visitors come by the clock, whether or not the server keeps up, and their wait counts from when they were due."""

from locust import task

from perflab.traffic import OpenUser


class Visitor(OpenUser):
    rate = 100

    @task
    def quick(self) -> None:
        self.client.get("/quick")
