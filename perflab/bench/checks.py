"""Whether a fix works the way the lab is about, where speed alone could have another cause.

A check inspects a running side, and may use the side's services. It returns None, or what is wrong: a sentence for the
learner.
"""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from perflab.bench.server import Server
from perflab.bench.services import Service
from perflab.measure.machine import cores

COUNTED_WITHIN_S = 2.0
REPLACED_WITHIN_S = 5.0
STALL_MS = 300


def a_worker_per_core(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether at least as many processes respond as there are cores."""
    workers, wanted = server.workers(), cores()
    deadline = time.monotonic() + COUNTED_WITHIN_S
    while len(workers) < wanted and time.monotonic() < deadline:  # connections are not dealt out in turn
        workers = (workers | server.workers()) & set(server.usage().pids)
    if len(workers) >= wanted:
        return None
    answering = "One process answers" if len(workers) == 1 else f"{len(workers)} processes answer"
    return f"{answering}, and there are {wanted} cores."


def killed_worker_replaced(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether a new worker takes the place of one that was killed, within `REPLACED_WITHIN_S`."""
    before = server.workers()
    if not before:
        return "No worker answered when they were counted."
    there = set(server.usage().pids)  # also those that accepted none of these connections
    server.kill(min(before))
    deadline = time.monotonic() + REPLACED_WITHIN_S
    after: set[int] = set()
    while time.monotonic() < deadline and not server.process.ended:
        after = server.workers()
        if after - there and len(after) >= len(before):
            return None
        time.sleep(0.1)
    if server.process.ended:
        return "One worker was killed, and the whole server ended with it."
    return f"One of {len(before)} workers was killed, and {REPLACED_WITHIN_S:.0f} s later {len(after)} answered."


def stop_ends_all(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether SIGTERM to the process that was started ends all of them. The side is gone afterwards."""
    taken_s = server.terminate()
    if server.process.exit is None:
        return f"It was told to stop, and after {taken_s:.0f} s it had to be killed."
    if left := server.process.left:
        return f"It was told to stop, and ended; {left} of its processes still ran, with nothing left to stop them."
    return None


def stall_told(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the health check reports a stall that no fix of one route prevents."""
    server.ask(f"/stall/{STALL_MS}")
    said = None
    with suppress(ValueError, TypeError, KeyError):
        said = json.loads(server.ask("/health") or "")["status"]
    if said == "degraded":
        return None
    return f"The whole site stood still for {STALL_MS} ms, and the first check afterwards said {said!r}."


def new_comment_shows(server: Server, services: Sequence[Service]) -> str | None:
    """Whether a comment shows as soon as it is written: what a fix caches must not be older."""
    text = secrets.token_hex(8)
    services[0].write(text)
    if text in (server.ask("/posts/0/comments") or ""):
        return None
    return "A comment was written, and a read of that post right afterwards did not show it."


CHECKS: dict[str, Callable[[Server, Sequence[Service]], str | None]] = {
    "a_worker_per_core": a_worker_per_core,
    "killed_worker_replaced": killed_worker_replaced,
    "stop_ends_all": stop_ends_all,
    "stall_told": stall_told,
    "new_comment_shows": new_comment_shows,
}
