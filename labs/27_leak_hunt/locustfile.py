"""Readers open a front page, others search; and now and then Mira looks up why a reader was not greeted by name."""

from locust import task

from perflab.traffic import OpenUser

STRANGERS = range(10**6, 10**9)  # numbers that no member has


class Reader(OpenUser):
    rate = 250

    @task
    def front(self) -> None:
        stranger = self.rng.random() < 0.5
        reader = self.rng.choice(STRANGERS) if stranger else self.rng.randrange(1000)
        self.client.get(f"/front/{self.rng.randrange(200)}?reader={reader}", name="/front")


class Searcher(OpenUser):
    rate = 150

    @task
    def search(self) -> None:
        self.client.get(f"/search?q=bread{self.rng.randrange(10**6)}", name="/search")


class Mira(OpenUser):
    rate = 10

    @task
    def look_up(self) -> None:
        reader = self.rng.choice(STRANGERS)
        with self.client.get(f"/failures/{reader}", name="/failures before", catch_response=True) as response:
            if response.status_code == 404:  # the judge makes some visits twice: then she looks up an old failure
                response.success()
        self.client.get(f"/front/1?reader={reader}", name="/front")
        self.client.get(f"/failures/{reader}", name="/failures")
