"""Four readers leaf through the posts, page after page; now and then somebody is past the last."""

from locust import constant, task

from perflab.traffic import ClosedUser, OpenUser


class Reader(ClosedUser):
    fixed_count = 4
    wait_time = constant(0.003)  # to turn the page: who answers in no time must not wear out the load generator

    @task
    def posts(self) -> None:
        self.client.get(f"/posts?page={self.rng.randrange(4)}", name="/posts")


class Stray(OpenUser):
    """Turns one page too many, or begins before the first."""

    rate = 4

    @task
    def posts(self) -> None:
        self.client.get(f"/posts?page={self.rng.choice([-1, 4, 99])}", name="/no posts")
