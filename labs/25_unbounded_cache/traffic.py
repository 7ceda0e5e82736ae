"""Readers on all kinds of screens. A few posts on common widths are asked for again and again; then there are the others."""

from locust import task

from perflab.traffic import ClosedUser


class Reader(ClosedUser):
    fixed_count = 4

    @task
    def preview(self) -> None:
        if self.rng.random() < 0.8:
            post, width = self.rng.randrange(10), self.rng.choice([40, 60, 80, 120])
        else:
            post, width = self.rng.randrange(200), self.rng.randrange(30, 300)
        self.client.get(f"/preview/{post}?width={width}", name="/preview")
