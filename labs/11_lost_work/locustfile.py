"""Readers ask for letters, far more than the mail server can take; and in the midst of it the site is told to stop."""

from locust import task

from perflab.traffic import OpenUser


class Reader(OpenUser):
    rate = 300  # the mail server takes 40 a second

    @task
    def ask(self) -> None:
        self.client.post(f"/letters/{self.rng.getrandbits(32):08x}", name="/letters")
