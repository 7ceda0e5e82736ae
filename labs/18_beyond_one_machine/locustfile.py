"""Readers order reports, twice as many as two workers can write. In the midst of it the server is killed."""

from locust import task

from perflab.traffic import OpenUser

TOPICS = ("harbour", "kettles", "winter", "gardens", "letters", "markets")


class Reader(OpenUser):
    rate = 40

    @task
    def order(self) -> None:
        # Few topics and many readers: the same work again and again, for a report says how a topic stands now.
        self.client.post("/orders", json={"topic": self.rng.choice(TOPICS)})


class Stray(OpenUser):
    rate = 5

    @task
    def ask(self) -> None:
        self.client.get(f"/orders/none-{self.rng.randrange(1000)}", name="/orders/none")
