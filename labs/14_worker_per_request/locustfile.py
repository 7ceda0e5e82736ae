"""Three readers scroll through the archive: each asks for the next preview as soon as the last one is there."""

from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Reader(ClosedUser):
    fixed_count = 3
    visits = 2

    @task
    def preview(self) -> None:
        # A large archive: hardly a post is asked for twice, so that remembering previews spares no work.
        self.client.get(f"/previews/{self.rng.randrange(50_000)}", name="/previews")


class Passerby(OpenUser):
    rate = 30

    @task
    def ping(self) -> None:
        self.client.get("/ping")
