"""Booklets are ordered by day and by night. By day readers leaf through the posts besides, and by night few do."""

from locust import task

from perflab.traffic import OpenUser


class Reader(OpenUser):
    rate = 200  # by day, in every second round; by night an eighth of that

    def on_start(self) -> None:
        if self.plan.seed % 2:
            self.rate /= 8

    @task
    def read(self) -> None:
        self.client.get(f"/posts/{self.rng.randrange(200)}", name="/posts")


class Editor(OpenUser):
    rate = 32

    @task
    def order(self) -> None:
        sheets = self.rng.choice([1, 1, 2, 2, 3, 8])
        self.client.post("/booklets", json={"post": self.rng.randrange(200), "sheets": sheets})
