"""Whether a fix works the way the lab is about, where speed alone could come from something else.

A check looks at a running side and returns None, or what it found wanting: a sentence for the learner.
"""

import os
import time
from collections.abc import Callable

from perflab.server import Server

COUNTED_WITHIN_S = 2.0
REPLACED_WITHIN_S = 5.0


def cores() -> int:
    """The cores this process may use, which a container or `taskset` may have narrowed."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def a_worker_per_core(server: Server) -> str | None:
    workers, wanted = server.workers(), cores()
    deadline = time.monotonic() + COUNTED_WITHIN_S
    while len(workers) < wanted and time.monotonic() < deadline:  # connections are not dealt out in turn
        workers = (workers | server.workers()) & set(server.usage().pids)
    if len(workers) >= wanted:
        return None
    answering = "One process answers" if len(workers) == 1 else f"{len(workers)} processes answer"
    return f"{answering}, and there are {wanted} cores."


def killed_worker_replaced(server: Server) -> str | None:
    before = server.workers()
    if not before:
        return "Nobody answered when the workers were to be counted."
    there = set(server.usage().pids)  # not all of them need have answered: connections are not dealt out in turn
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


CHECKS: dict[str, Callable[[Server], str | None]] = {
    "a_worker_per_core": a_worker_per_core,
    "killed_worker_replaced": killed_worker_replaced,
}
