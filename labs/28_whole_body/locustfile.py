"""Readers open posts, and now and then a member asks for a copy of all that they ever read: some 5 MB."""

from locust import task

from perflab.traffic import OpenUser


class Reader(OpenUser):
    rate = 100

    @task
    def read(self) -> None:
        self.client.get(f"/posts/{self.rng.randrange(200)}", name="/posts")


class Member(OpenUser):
    rate = 1.5
    visits = 3

    @task
    def export(self) -> None:
        self.client.get(f"/members/{self.rng.randrange(100_000)}/export", name="/export")
