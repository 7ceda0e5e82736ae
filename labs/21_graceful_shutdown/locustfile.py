"""Readers ask for reports, two listeners keep a stream open; and in the midst of it the server is told to stop."""

from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Reader(OpenUser):
    rate = 20

    @task
    def report(self) -> None:
        self.client.get(f"/reports/{self.rng.randrange(100)}", name="/reports")


class Listener(ClosedUser):
    fixed_count = 2
    streaming = True  # its answers have no end to compare

    @task
    def listen(self) -> None:
        self.client.get("/events")
