"""Members write messages. Readers open the live page, and close it soon: in each way in which a tab can be closed."""

import re
import time

from locust import task
from locust.exception import CatchResponseError

from perflab.traffic import ClosedUser, OpenUser

GRACE_S = 0.2  # a message that was written so shortly after a reader came, or before they left, may be missing
written: list[float] = []  # when each message was accepted: time.monotonic()


class Writer(OpenUser):
    rate = 40

    @task
    def write(self) -> None:
        if self.client.post("/messages", json={"text": f"{self.rng.getrandbits(64):016x} " * 300}):
            written.append(time.monotonic())


class Listening:
    """Opens the live page, and misses no message while it is open."""

    streaming = abandons = True  # its answers have no end to compare; it closes its tab when the round is over

    def listen(self, stay_s: float) -> None:
        from_s = time.monotonic() + GRACE_S
        text = self.drop_in("/events", stay_s)  # type: ignore[attr-defined]
        to_s = time.monotonic() - GRACE_S
        numbers = [int(number) for number in re.findall(rb'"number": ?(\d+),', text)]
        due = sum(from_s < moment_s < to_s for moment_s in written)
        if len(numbers) < due or (numbers and numbers != list(range(numbers[0], numbers[-1] + 1))):
            raise CatchResponseError("There are messages that it has not seen.")


class Reader(Listening, ClosedUser):
    fixed_count = 4

    @task
    def follow(self) -> None:
        self.listen(self.rng.uniform(1.2, 1.6))


class Tab(Listening, OpenUser):
    """Is closed soon, in one of four ways."""

    rate = 30

    @task
    def closed(self) -> None:
        self.listen(self.rng.uniform(0.1, 0.4))

    @task
    def reset(self) -> None:
        self.drop_in("/events", self.rng.uniform(0.1, 0.3), resets=True)

    @task
    def never_read(self) -> None:
        self.drop_in("/events", self.rng.uniform(1.2, 1.9), reads=False)

    @task
    def gone_before_the_first_byte(self) -> None:
        self.drop_in("/events", self.rng.uniform(0, 0.003), reads=False, resets=True)
