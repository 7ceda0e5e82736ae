"""Three hundred readers a second ask what is trending. The promise: never older than two and a half seconds."""

import json
import os
import time
from functools import lru_cache
from typing import Any
from urllib.request import urlopen

from locust import task

from app.parts.tail_latency import ranking
from app.world import upstream, votes
from perflab.traffic import OpenUser

PROMISED_S = 2.5


@lru_cache(maxsize=100)
def expected(as_of: float) -> Any:
    """The ranking of that moment: the other team is asked for the votes that it had then."""
    change = round(as_of / upstream.VOTES_EVERY_S)
    with urlopen(f"{upstream.url()}/votes/{change}", timeout=5) as answer:
        return ranking(votes.counted(change, json.load(answer)))


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
            # Under plain `locust -f` nobody says where the other team is.
            elif upstream.VARIABLE in os.environ and said != expected(said["as_of"]):
                answer.failure("not the ranking of that moment")
