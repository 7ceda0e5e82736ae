"""Four readers leaf through the posts, page after page."""

from locust import constant, task

from perflab.traffic import ClosedUser


class Reader(ClosedUser):
    fixed_count = 4
    wait_time = constant(0.003)  # to turn the page: who answers in no time must not wear out the load generator

    @task
    def posts(self) -> None:
        self.client.get(f"/posts?page={self.rng.randrange(4)}", name="/posts")
