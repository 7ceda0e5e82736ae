"""Readers leaf through albums, eight pictures a page. Twice, a page has a picture more, which kills its decoder."""

from collections.abc import Iterator
from heapq import merge

from locust import task

from app.world.decoder import bug
from perflab.traffic import OpenUser

PICTURES = 50_000
PAGE = 8
NEXT_S = 0.001  # from one picture of a page to the next: a browser asks for them as it reads the page
KILLS_AT_S = (1.3, 1.9)  # of a round: see the lab's incident, which begins with the first


class Album(OpenUser):
    abstract = True

    def kills_at_s(self) -> list[float]:
        """When deadly pictures are asked for, of the seconds for which this load goes on."""
        return [at_s for at_s in KILLS_AT_S if at_s < self.plan.seconds]

    def a_picture(self, *, kills: bool) -> int:
        """A picture that kills its decoder, or one that does not."""
        while True:
            picture = self.rng.randrange(PICTURES)
            if bool(bug(picture)) == kills:
                return picture


class Reader(Album):
    rate = 5  # pages per second

    def schedule(self) -> Iterator[float]:
        for start_s in merge(super().schedule(), self.kills_at_s()):
            yield from (start_s + number * NEXT_S for number in range(PAGE))

    @task
    def picture(self) -> None:
        url = f"/pictures/{self.a_picture(kills=False)}"
        with self.client.get(url, name="/pictures", catch_response=True) as response:
            if 400 <= response.status_code < 500:
                response.failure("There is nothing wrong with this picture.")


class Victim(Album):
    visits = 0  # it is never sent where answers are compared

    def schedule(self) -> Iterator[float]:
        return (at_s + 2.5 * NEXT_S for at_s in self.kills_at_s())

    @task
    def picture(self) -> None:
        self.client.get(f"/pictures/{self.a_picture(kills=True)}", name="/pictures (deadly)")


class Orchestrator(OpenUser):
    rate = 10

    @task
    def look(self) -> None:
        self.client.get("/healthz")
