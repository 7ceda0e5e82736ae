"""Whether a fix works the way the lab is about, where speed alone could have another cause.

A check inspects a running side, and may use the side's services. It returns None, or what is wrong: a sentence for the
learner.
"""

import json
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from perflab.bench.server import Server
from perflab.bench.services import Service
from perflab.measure.machine import cores

COUNTED_WITHIN_S = 2.0
REPLACED_WITHIN_S = 5.0
STALL_MS = 300
RUSH, RUSH_EVERY_S, TOLD_WITHIN_S = 300, 0.002, 0.6
KILLS = (1, 2)  # workers at nearly the same moment, and then
MORE_KILLS = (2, 4)  # times one more: at least, and at most
LIGHT_EVERY_S = 0.02
WRITES = 5
POSTS = 200


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


@contextmanager
def _lightly_loaded(server: Server) -> Iterator[None]:
    """Asks for a ping now and then while the block lasts: a server that nobody asks may not notice what is wrong."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(LIGHT_EVERY_S):
            server.ask("/ping", timeout_s=1)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()


def killed_workers_replaced(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether new workers take the place of those that were killed, whichever they are, under a light load.

    First of one, then of two at nearly the same moment, then of some more; each within `REPLACED_WITHIN_S`.
    """
    with _lightly_loaded(server):
        kills = [*KILLS, *[1] * random.SystemRandom().randint(*MORE_KILLS)]
        return next((said for count in kills if (said := _replaced(server, count))), None)


def _replaced(server: Server, count: int) -> str | None:
    before = server.workers()
    if not before:
        return "No worker answered when they were counted."
    there = set(server.usage().pids)  # also those that accepted none of these connections
    killed = random.SystemRandom().sample(sorted(before), min(count, len(before)))
    for pid in killed:
        server.kill(pid)
        time.sleep(random.SystemRandom().uniform(0, 0.02))
    deadline = time.monotonic() + REPLACED_WITHIN_S
    after: set[int] = set()
    while time.monotonic() < deadline and not server.process.ended:
        after = server.workers()
        if len(after - there) >= len(killed) and len(after) >= len(before):
            return None
        time.sleep(0.1)
    of = f"{len(killed)} of {len(before)} workers {'was' if len(killed) == 1 else 'were'} killed"
    if server.process.ended:
        return f"{of}, and the whole server ended as well."
    return f"{of}, and {REPLACED_WITHIN_S:.0f} s later {len(after)} answered."


def stall_told(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the health check reports a stall that no fix of one route prevents."""
    server.ask(f"/stall/{STALL_MS}")
    if (said := _status(server)) == "degraded":
        return None
    return f"The whole site stood still for {STALL_MS} ms, and the first check afterwards said {said!r}."


def rush_told(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the health check reports that requests wait for a thread, in a rush as large as any."""
    with ExitStack() as stack:
        for _number in range(RUSH):
            with suppress(OSError):
                client = stack.enter_context(socket.create_connection((server.host, server.port), timeout=1))
                client.sendall(b"GET /archive/1990 HTTP/1.1\r\nhost: site\r\nconnection: close\r\n\r\n")
                time.sleep(RUSH_EVERY_S)  # all at once would make the loop late, which is another finding
        deadline = time.monotonic() + TOLD_WITHIN_S
        while time.monotonic() < deadline:
            if (said := _status(server)) == "degraded":
                return None
            time.sleep(0.05)
    return f"{RUSH} readers wait for the archive, and the check says {said!r}."


def _status(server: Server) -> str | None:
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(server.ask("/health") or "")["status"])
    return None


def new_comment_shows(server: Server, services: Sequence[Service]) -> str | None:
    """Whether a comment shows as soon as it is written: what a fix caches must not be older.

    Some posts are written to, drawn at random, each of which was read just before.
    """
    draw = random.SystemRandom()
    for _ in range(WRITES):
        post, text = draw.randrange(POSTS), secrets.token_hex(8)
        for _ in range(draw.randrange(1, 4)):
            server.ask(f"/posts/{post}/comments")
        time.sleep(draw.uniform(0, 0.1))
        services[0].write(post, text)
        if text not in (server.ask(f"/posts/{post}/comments") or ""):
            return "A comment was written, and a read of that post right afterwards did not show it."
    return None


CHECKS: dict[str, Callable[[Server, Sequence[Service]], str | None]] = {
    "a_worker_per_core": a_worker_per_core,
    "killed_workers_replaced": killed_workers_replaced,
    "stall_told": stall_told,
    "rush_told": rush_told,
    "new_comment_shows": new_comment_shows,
}
