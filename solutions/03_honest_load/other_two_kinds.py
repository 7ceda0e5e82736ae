"""Two kinds of visitors, each on a schedule of its own, and half as many again: who comes need not be one crowd."""

from locust import task

from perflab.traffic import OpenUser


class Visitor(OpenUser):
    rate = 110

    @task
    def quick(self) -> None:
        self.client.get("/quick")


class Passer(OpenUser):
    rate = 40

    @task
    def quick(self) -> None:
        self.client.get("/quick")
