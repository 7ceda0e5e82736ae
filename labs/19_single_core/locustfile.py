"""Sixteen visitors, each asking for the front page as soon as the last one has come."""

from locust import task

from perflab.traffic import ClosedUser


class Visitor(ClosedUser):
    fixed_count = 16

    @task
    def front(self) -> None:
        # A connection of its own for each page, as new visitors have: a kept one would stay with its first worker.
        self.client.get(f"/front?day={self.rng.randrange(7)}", name="/front", headers={"Connection": "close"})
