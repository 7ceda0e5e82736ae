"""A working day: members read, look around and sign up; monitors ping; and in the middle of it all comes a deploy."""

from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Member(ClosedUser):
    fixed_count = 8

    def headers(self) -> dict[str, str]:
        """Every second visit is on a new connection, as from a browser just opened; the others keep theirs."""
        return {"Connection": "close"} if self.rng.random() < 0.5 else {}

    @task(6)
    def read(self) -> None:
        # A few posts are read by many, most by few: two in five visits go to the sixteen best. Each round has others.
        post, visitor = self.plan.seed + int(200 * self.rng.random() ** 3), self.rng.getrandbits(32)
        self.client.get(f"/pages/{post % 200}?from={visitor}", name="/pages", headers=self.headers())

    @task(2)
    def look_around(self) -> None:
        self.client.get(f"/related?post={self.rng.randrange(200)}", name="/related", headers=self.headers())

    @task(1)
    def join(self) -> None:
        application = {"name": f"member-{self.rng.getrandbits(32)}", "password": "correct horse"}
        self.client.post("/members", json=application, name="/members", headers=self.headers())


class Monitor(OpenUser):
    rate = 50

    @task
    def ping(self) -> None:
        self.client.get("/ping")


class Passerby(OpenUser):
    rate = 5

    @task
    def ping(self) -> None:
        self.client.get("/ping", headers={"Connection": "close"})
