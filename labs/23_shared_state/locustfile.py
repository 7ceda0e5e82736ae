"""Members search now and then. Scripts search in bursts: some all at once, some over the turn of a window."""

from collections.abc import Iterator
from random import Random

from locust import task

from perflab.traffic import OpenUser

LIMIT = 10  # searches a member may make in any second
APART = 512_000  # a multiple of 1,000 and of 4,096: numbers so far apart end alike, in any row that last digits name
WORDS = ("garden", "river", "winter", "letter", "harbour", "lantern", "market", "island")


class Searcher(OpenUser):
    abstract = True
    visits = 3  # where answers are compared: fewer than the limit, also right after the warm-up

    @property
    def member(self) -> int:
        """The member that this user is: another one in each round."""
        return Random(f"{self.plan.seed}/{self.label}").randrange(APART)

    @task
    def search(self) -> None:
        url = f"/search/{self.member}?q={self.rng.choice(WORDS)}"
        # A connection of its own for each search: a kept one would stay with its first worker.
        with self.client.get(url, name="/search", headers={"Connection": "close"}, catch_response=True) as response:
            if isinstance(self, Member) and response.status_code in (429, 503):
                response.failure("This member is under the limit.")


class Member(Searcher):
    """Searches seven times a second, so no second has more than nine of its searches."""

    fixed_count = 6
    rate = 7

    @property
    def member(self) -> int:
        """A member whose number is like that of a script, and who is somebody else."""
        like = self.label.replace("Member", "Scraper")
        return Random(f"{self.plan.seed}/{like}").randrange(APART) + APART


class Scraper(Searcher):
    """One search, and 0.8 s later twice the limit in 0.4 s, over and over.

    Where a window begins with its first search, it ends in the middle of the burst.
    """

    fixed_count = 6
    every_s, before_s, burst_s = 1.3, 0.8, 0.4

    def schedule(self) -> Iterator[float]:
        start_s = Random(f"{self.plan.seed}/{self.label}").uniform(0, 0.3)
        while start_s + self.before_s + self.burst_s < self.plan.seconds:
            yield start_s
            for number in range(2 * LIMIT):
                yield start_s + self.before_s + self.burst_s * number / (2 * LIMIT)
            start_s += self.every_s


class Swarm(Searcher):
    """Twice the limit at once, as a page with many parts asks; then in vain, and again when a second is over."""

    fixed_count = 3

    def schedule(self) -> Iterator[float]:
        start_s = Random(f"{self.plan.seed}/{self.label}").uniform(0.42, 0.8)
        for again_s, count in ((0, 2 * LIMIT), (0.55, LIMIT), (1.07, 2 * LIMIT)):
            if start_s + again_s < self.plan.seconds:
                yield from (start_s + again_s + number * 0.001 for number in range(count))
