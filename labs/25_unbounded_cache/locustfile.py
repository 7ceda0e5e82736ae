"""Readers on all kinds of screens. A few previews are asked for again and again; the others hardly twice.

What is popular today is not what was popular yesterday: each round has its own ten posts.
"""

from functools import cache
from random import Random

from locust import task

from perflab.traffic import OpenUser


@cache
def popular(seed: int) -> list[int]:
    return Random(seed).sample(range(200), 10)


class Reader(OpenUser):
    rate = 500

    @task
    def preview(self) -> None:
        if self.rng.random() < 0.8:
            post, width = self.rng.choice(popular(self.plan.seed)), self.rng.choice([40, 60, 80, 120])
        else:
            post, width = self.rng.randrange(200), self.rng.randrange(30, 300)
        self.client.get(f"/preview/{post}?width={width}", name="/preview")
