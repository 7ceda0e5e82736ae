"""Three readers adjust panoramas, each as soon as the last version is there; the others read on as always."""

from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Reader(ClosedUser):
    fixed_count = 3

    @task
    def adjust(self) -> None:
        # Thirty thousand versions: hardly one is asked for twice, so that remembering them spares no work.
        id, dark, light = self.rng.randint(1, 3), self.rng.randint(0, 99), self.rng.randint(156, 255)
        self.client.post(f"/panoramas/{id}/levels/{dark}/{light}", name="/levels")
        row = self.rng.randrange(2048)
        self.client.get(f"/panoramas/{id}/levels/{dark}/{light}/rows/{row}", name="/rows")


class Passerby(OpenUser):
    rate = 30

    @task
    def ping(self) -> None:
        self.client.get("/ping")
