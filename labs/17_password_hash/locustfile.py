"""The newspaper has written about Lantern: a rush of sign-ups and log-ins, while the others read on as always."""

from locust import task

from perflab.traffic import ClosedUser, OpenUser

PASSWORDS = {
    "tilda": "two coffees, one page",
    "mira": "the pager is quiet tonight",
    "jonas": "works on my machine",
    "ada": "größer als das Meer",
}


class Member(ClosedUser):
    """Signs up, or logs in: each of these requests is a hash."""

    fixed_count = 48  # more than there are threads for `def` routes
    visits = 2

    @task(3)
    def sign_up(self) -> None:
        who = {"name": f"member {self.rng.getrandbits(40):x}", "password": f"{self.rng.getrandbits(64):x}"}
        self.client.post("/members", json=who)
        right = self.rng.random() < 0.5
        password = who["password"] if right else f"{self.rng.getrandbits(64):x}"
        self.client.post("/sessions", json=who | {"password": password})

    @task(2)
    def log_in(self) -> None:
        name, password = self.rng.choice([*PASSWORDS.items()])
        password = password if self.rng.random() < 0.5 else f"{password} {self.rng.getrandbits(32):x}"
        self.client.post("/sessions", json={"name": name, "password": password})

    @task
    def guess(self) -> None:
        who = {"name": f"guess {self.rng.getrandbits(40):x}", "password": self.rng.choice([*PASSWORDS.values()])}
        self.client.post("/sessions", json=who)


class Careful(OpenUser):
    """Thinks that longer is better, or asks for a name that is taken: no hash is needed to refuse that."""

    rate = 4
    visits = 6

    @task
    def too_long(self) -> None:
        password = self.rng.choice(["ä" * 40, "x" * 73, "correct horse battery staple " * 3])
        who = {"name": f"careful {self.rng.getrandbits(40):x}", "password": password}
        self.client.post(self.rng.choice(["/members", "/sessions"]), json=who, name="/too-long")

    @task
    def taken(self) -> None:
        who = {"name": self.rng.choice([*PASSWORDS]), "password": f"{self.rng.getrandbits(64):x}"}
        self.client.post("/members", json=who, name="/taken")


class Reader(OpenUser):
    rate = 50

    @task
    def profile(self) -> None:
        self.client.get(f"/profiles/{self.rng.choice([*PASSWORDS])}", name="/profiles")


class Monitor(OpenUser):
    rate = 100

    @task
    def ping(self) -> None:
        self.client.get("/ping")
