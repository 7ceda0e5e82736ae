"""Members open their start page, readers comment, a monitor asks for a ping. Then a neighbour falls silent."""

import json
import os
from typing import Any
from urllib.request import urlopen

from locust import task

from app.world import upstream
from perflab.traffic import OpenUser

SILENT_FROM_S = 0.6  # of a round: see the lab's incident in the syllabus


def suggested(member: int) -> Any:
    """What the other team suggests to a member, asked for by ourselves."""
    with urlopen(f"{upstream.url()}/suggestions/{member}", timeout=1) as answer:
        return json.load(answer)["posts"]


class Member(OpenUser):
    rate = 100
    network_timeout = 0.4  # a visitor's patience in seconds; then the tab is closed

    @task
    def open(self) -> None:
        member = self.rng.randrange(100_000)
        with self.client.get(f"/start/{member}", name="/start", catch_response=True) as response:
            suggestions = response.json()["suggestions"] if response.status_code == 200 else None
            if suggestions == []:
                response.failure("It says that there are none, which nobody knows.")
            elif response.status_code == 200 and self.plan.now_s < SILENT_FROM_S and not suggestions:
                response.failure("It comes without suggestions, and they could have been had.")
            # Under plain `locust -f` nobody says where the other team is; and soon it will be silent to us, too.
            elif (
                suggestions
                and self.plan.now_s < SILENT_FROM_S - 0.1
                and upstream.VARIABLE in os.environ
                and suggestions != suggested(member)
            ):
                response.failure("They are another member's, and the member's own could have been had.")


class Reader(OpenUser):
    rate = 50
    network_timeout = 0.4

    @task
    def comment(self) -> None:
        self.client.post("/comments", json={"text": f"well-said-{self.rng.getrandbits(32)}"})


class Monitor(OpenUser):
    rate = 20

    @task
    def ping(self) -> None:
        self.client.get("/ping")
