"""Phones on a slow line read their feeds. Beside them: cards, photos, two listeners, and a script that accepts nothing.

Newer phones read brotli and gzip, older ones gzip alone.
"""

from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Phone(OpenUser):
    rate = 10
    visits = 4  # each takes long on the slow side
    line_kib_per_s = 1000  # eight megabits a second

    @task
    def feed(self) -> None:
        codings = self.rng.choice(["gzip, deflate, br", "gzip, deflate, br", "gzip"])
        reader = self.rng.randrange(10**6)
        self.client.get(f"/feed/{reader}", name="/feed", headers={"Accept-Encoding": codings})


class Script(OpenUser):
    rate = 2

    @task
    def feed(self) -> None:
        reader = self.rng.randrange(10**6)
        self.client.get(f"/feed/{reader}", name="/feed, plain", headers={"Accept-Encoding": "identity"})


class Reader(OpenUser):
    rate = 40

    @task
    def card(self) -> None:
        self.client.get(f"/card/{self.rng.randrange(200)}", name="/card")


class Visitor(OpenUser):
    rate = 10

    @task
    def photo(self) -> None:
        self.client.get(f"/photo/{self.rng.randrange(20)}", name="/photo")


class Listener(ClosedUser):
    fixed_count = 2
    streaming = abandons = True  # its answers have no end to compare; it closes its tab when the round is over

    @task
    def listen(self) -> None:
        self.client.get("/news")
