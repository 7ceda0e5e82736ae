"""The newspaper has written about the postcards: three times as many orders as the press can print, and a few pings."""

from locust import task

from perflab.traffic import OpenUser


class Visitor(OpenUser):
    rate = 240  # the press prints 80 a second
    network_timeout = 0.25  # a visitor's patience in seconds; then the tab is closed

    @task
    def order(self) -> None:
        self.client.post("/cards", json={"greeting": f"Greetings, number {self.rng.getrandbits(32)}!"})


class Monitor(OpenUser):
    rate = 40

    @task
    def ping(self) -> None:
        self.client.get("/ping")
