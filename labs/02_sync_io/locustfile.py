"""Many read posts; a few open one with a link in it, and see the card of the page behind it."""

from locust import task

from perflab.traffic import OpenUser


class Reader(OpenUser):
    rate = 100

    @task
    def read(self) -> None:
        self.client.get(f"/read/{self.rng.randrange(200)}", name="/read")


class Curious(OpenUser):
    rate = 5
    visits = 4

    @task
    def card(self) -> None:
        self.client.get(f"/posts/{self.rng.randrange(1_000_000)}/card", name="/card")
