"""The first of the month: eighty authors want their reports, and everybody else looks at members' cards as always."""

from random import Random

import gevent
from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Author(ClosedUser):
    fixed_count = 80

    def on_start(self) -> None:
        gevent.sleep(Random(self.label).uniform(0.1, 0.5))  # they do not all come in the same moment

    @task
    def report(self) -> None:
        self.client.get(f"/reports/monthly/{self.rng.randrange(300)}", name="/reports")


class Reader(OpenUser):
    rate = 200

    @task
    def member(self) -> None:
        self.client.get(f"/members/{self.rng.randrange(1000)}", name="/members")
