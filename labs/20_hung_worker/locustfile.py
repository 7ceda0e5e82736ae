"""Readers ask for translations. Twice, one asks for the post that the translator never answers."""

from collections.abc import Iterator

from locust import task

from app.world.translator import ENDLESS, is_long
from perflab.traffic import OpenUser

FREEZES_AT_S = (0.8, 1.0)  # of a round: see the lab's incident, which begins with the first
LONG_AT_S = 0.2  # of each second: long posts never meet in one worker
PATIENCE_S = 1.0  # a visitor who has no answer by then is gone


class Visitor(OpenUser):
    abstract = True
    network_timeout = connection_timeout = PATIENCE_S

    def ask(self, post: int, name: str = "/translation", **options: object) -> None:
        self.client.get(f"/posts/{post}/translation", name=name, **options)

    def draw(self, *, long: bool) -> int:
        """A post with a long text, or one with a short text."""
        while is_long(post := self.rng.randrange(ENDLESS)) is not long:
            pass
        return post


class Reader(Visitor):
    rate = 25

    @task
    def read(self) -> None:
        self.ask(self.draw(long=False))


class Newcomer(Visitor):
    rate = 15

    @task
    def read(self) -> None:
        self.ask(self.draw(long=False), headers={"Connection": "close"})


class Scholar(Visitor):
    rate = 1
    visits = 1  # where answers are compared

    def schedule(self) -> Iterator[float]:
        return (number / self.rate + LONG_AT_S for number, _ in enumerate(super().schedule()))

    @task
    def read(self) -> None:
        self.ask(self.draw(long=True))


class Victim(Visitor):
    visits = 0  # it is never sent where answers are compared

    def schedule(self) -> Iterator[float]:
        return (at_s for at_s in FREEZES_AT_S if at_s < self.plan.seconds)

    @task
    def read(self) -> None:
        self.ask(ENDLESS, "/translation (endless)", headers={"Connection": "close"})
