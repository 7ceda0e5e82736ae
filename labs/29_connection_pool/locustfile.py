"""Readers ask for comments, one after the other; thirty more keep a post open, and listen to its stream."""

from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Reader(OpenUser):
    rate = 40  # a lab's `utilization` puts the rate in its place that loads this machine as much

    @task
    def comments(self) -> None:
        self.client.get(f"/posts/{self.rng.randrange(200)}/comments", name="/comments")


class Follower(ClosedUser):
    fixed_count = 30
    streaming = abandons = True  # its answers have no end to compare; it closes its tab when the round is over

    @task
    def follow(self) -> None:
        self.client.get(f"/posts/{self.rng.randrange(200)}/live", name="/live")
