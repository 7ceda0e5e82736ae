"""Four readers leaf through the posts, page after page."""

from locust import task

from perflab.traffic import ClosedUser


class Reader(ClosedUser):
    fixed_count = 4

    @task
    def posts(self) -> None:
        self.client.get(f"/posts?page={self.rng.randrange(4)}", name="/posts")
