"""Twelve readers leaf through the gallery: each asks for the next thumbnail as soon as the last one is there."""

from locust import task

from perflab.traffic import ClosedUser


class Reader(ClosedUser):
    fixed_count = 12

    @task
    def thumbnail(self) -> None:
        # A large gallery: hardly a picture is asked for twice, so that remembering thumbnails spares no work.
        self.client.get(f"/thumbnails/{self.rng.randrange(50_000)}", name="/thumbnails")
