"""Members look at their dashboards; now and then somebody has a number that is nobody's."""

from locust import task

from perflab.traffic import OpenUser

MEMBERS = 900_000


class Member(OpenUser):
    rate = 12
    visits = 4

    @task
    def dashboard(self) -> None:
        self.client.get(f"/dashboard/{self.rng.randrange(MEMBERS)}", name="/dashboard")


class Stranger(OpenUser):
    rate = 2
    visits = 3

    @task
    def dashboard(self) -> None:
        self.client.get(f"/dashboard/{MEMBERS + self.rng.randrange(MEMBERS)}", name="/nobody")
