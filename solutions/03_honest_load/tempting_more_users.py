"""More users of the same kind: each still stops asking for as long as the server stalls, so few notice that it does."""

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 20
    wait_time = constant(0)

    @task
    def quick(self) -> None:
        self.client.get("/quick")
