"""A lively evening: thirty comments a second, each of which is looked at for spam."""

from locust import task

from perflab.traffic import OpenUser


class Reader(OpenUser):
    rate = 30

    @task
    def comment(self) -> None:
        comment = {"text": f"schön gesagt {self.rng.getrandbits(32)}"}
        self.client.post(f"/posts/{self.rng.randrange(200)}/comments", json=comment, name="/comments")
