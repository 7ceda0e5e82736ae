"""A quiz: all apps send their player's answer, and the next one when the next question's five seconds are over."""

from locust import between, task

from perflab.traffic import ClosedUser, OpenUser

QUESTIONS, CHOICES = 1000, 4


class Player(ClosedUser):
    fixed_count = 24
    wait_time = between(4.88, 4.93)  # the app shows the result, and sends at the last moment

    @task
    def answer(self) -> None:
        answer = {"question": self.rng.randrange(QUESTIONS), "choice": self.rng.randrange(CHOICES)}
        self.client.post("/answers", json=answer)


class Slower(Player):
    fixed_count = 12
    wait_time = between(5.2, 5.3)  # a moment too late for points


class Spectator(OpenUser):
    rate = 8

    @task
    def look(self) -> None:
        self.client.get(f"/questions/{self.rng.randrange(QUESTIONS)}", name="/questions")
