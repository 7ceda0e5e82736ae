"""Members look at their dashboards; now and then somebody has a number that is nobody's, or one service fails."""

from locust import task

from perflab.traffic import OpenUser

MEMBERS = 900_000


class Unlucky(OpenUser):
    """The weather fails for this one, which is no reason to say that there is no such member."""

    rate = 1
    visits = 1

    @task
    def dashboard(self) -> None:
        self.client.get("/dashboard/13", name="/unlucky")


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
