"""Many readers ping; a few ask for the post most like theirs."""

from locust import task

from perflab.traffic import OpenUser


class Reader(OpenUser):
    rate = 100

    @task
    def ping(self) -> None:
        self.client.get("/ping")


class Curious(OpenUser):
    rate = 8  # a lab's `utilization` puts the rate in its place that loads this machine as much

    @task
    def compute(self) -> None:
        self.client.get(f"/compute?post={self.rng.randrange(200)}", name="/compute")
