"""The site's load test: two users, each asking again as soon as it has its answer. They are very polite."""

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 2
    wait_time = constant(0)

    @task
    def quick(self) -> None:
        self.client.get("/quick")
