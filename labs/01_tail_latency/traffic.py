"""Three hundred readers a second ask what is trending. The site has promised: never older than three seconds."""

import time
from functools import lru_cache
from typing import Any

from locust import task

from app import votes
from app.parts.tail_latency import ranking
from perflab.traffic import OpenUser

PROMISED_S = 3.0


@lru_cache(maxsize=100)
def expected(as_of: float) -> Any:
    return ranking(votes.at(as_of))["posts"]


class Reader(OpenUser):
    rate = 300

    def on_start(self) -> None:
        self.read("first after a quiet time")

    @task
    def trending(self) -> None:
        self.read("/posts/trending")

    def read(self, name: str) -> None:
        with self.client.get("/posts/trending", name=name, catch_response=True) as answer:
            if answer.status_code != 200:
                return
            said = answer.json()
            if time.time() - said.get("as_of", 0.0) > PROMISED_S:
                answer.failure("older than promised")
            elif said.get("posts") != expected(said["as_of"]):
                answer.failure("not the ranking of that moment")
