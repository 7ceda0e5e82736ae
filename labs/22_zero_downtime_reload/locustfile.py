"""Authors ask for tags: some on a new connection each time, the others from an app that keeps its connection."""

from locust import between, task

from perflab.traffic import ClosedUser, OpenUser

WORDS = ["garden", "bread", "river", "bicycle", "winter", "letter", "orange", "window", "summer", "kitchen", "mountain"]


class New(OpenUser):
    rate = 40

    @task
    def suggest(self) -> None:
        draft = {"text": " ".join(self.rng.sample(WORDS, 6))}
        self.client.post("/tags", json=draft, headers={"Connection": "close"}, name="/tags (new)")


class Kept(ClosedUser):
    fixed_count = 8
    wait_time = between(0.1, 0.3)
    looks_first = False  # it is far away: when it sends, it cannot know what the server has just closed

    @task
    def suggest(self) -> None:
        # A client may send a GET again when its connection turns out to be closed. A POST it may not: RFC 9110, 9.2.2.
        self.client.post("/tags", json={"text": " ".join(self.rng.sample(WORDS, 6))}, name="/tags (kept)")
