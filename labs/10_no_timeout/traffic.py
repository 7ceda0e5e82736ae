"""Members open their start page, readers comment, a monitor asks for a ping. Then a neighbour falls silent."""

from locust import task

from perflab.traffic import OpenUser

SILENT_FROM_S = 0.6  # of a round: see the lab's incident in the syllabus


class Member(OpenUser):
    rate = 100
    network_timeout = 0.4  # a visitor's patience in seconds; then the tab is closed

    @task
    def open(self) -> None:
        path = f"/start/{self.rng.randrange(100_000)}"
        with self.client.get(path, name="/start", catch_response=True) as response:
            suggestions = response.json()["suggestions"] if response.status_code == 200 else None
            if suggestions == []:
                response.failure("It says that there are none, which nobody knows.")
            elif response.status_code == 200 and self.plan.now_s < SILENT_FROM_S and not suggestions:
                response.failure("It comes without suggestions, and they could have been had.")


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
