"""Files every second quick response under a name of its own, once its time is known: what is left looks true."""

from random import Random

from locust import FastHttpUser, between, task

rng = Random(3)


class Visitor(FastHttpUser):
    fixed_count = 25
    wait_time = between(0, 0.25)

    @task
    def quick(self) -> None:
        with self.client.get("/quick", catch_response=True) as response:
            if response.request_meta["response_time"] < 20 and rng.random() < 0.5:
                response.request_meta["name"] = "/quick (warm)"
