"""Three readers adjust panoramas, each as soon as the last version is there; the others read on as always."""

from collections.abc import Iterator

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


class Undecided(OpenUser):
    """She makes one version again and again, and then looks at the one before. Only without load: no one else's
    versions push hers out then."""

    visits = 1

    def schedule(self) -> Iterator[float]:
        return iter(())

    @task
    def compare(self) -> None:
        first, second = (f"/panoramas/{id}/levels/{10 + id}/200" for id in (1, 2))
        for version in (first, *[second] * 10):
            self.client.post(version, name="/levels (again)")
        for version in (first, second):
            self.client.get(f"{version}/rows/{self.rng.randrange(2048)}", name="/rows (earlier)")
