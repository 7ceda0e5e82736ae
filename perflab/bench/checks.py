"""Whether a fix works the way the lab is about, where speed alone could have another cause.

A check inspects a running side, and may use the side's services. It returns None, or what is wrong: a sentence for the
learner.
"""

import ast
import http.client
import json
import random
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from itertools import cycle
from pathlib import Path

from perflab.bench.server import Server
from perflab.bench.services import Service
from perflab.measure.machine import cores

COUNTED_WITHIN_S = 2.0
REPLACED_WITHIN_S = 5.0
REFUSED_WITHIN_S = 3.0  # a release that cannot start has failed by then, whatever was made of it
REFUSED_LOOK_S = 0.1
PATIENCE_S, ASK_EVERY_S, MISSED_AT_MOST = 0.7, 0.1, 1
NEXT_DEPLOY_S = 1.0  # after another one, whose release takes longer to load
STALL_MS, REMEMBERED_S = 300, 0.5
ASKED_EVERY_S, SELDOM_ASKED_S = (0.2, 0.4), (0.6, 0.9)  # at the least, and at the most
CALM_WITHIN_S = 5.0
HANG_S, HUNG_REPLACED_WITHIN_S = 30, 8.0
BUSY_MS, BUSY_FOR_S = 600, 8.0
LOG_INS, MEMBER, TOLD_SHARE = 16, "tilda", 0.5
ORDERS, ORDERED_FOR_S, SOON_S = 3, 4.0, 0.4  # at once to each worker
LARGEST = '{"post": 0, "sheets": 8}'  # order of booklets
ACCEPTED_S = 0.2  # a request sent so long before has begun
HOLDS_AT_MOST = 40  # connections: with luck, one to each worker
RUSH, RUSH_EVERY_S, TOLD_WITHIN_S = 300, 0.002, 0.6
KILLS = (1, 2)  # workers at nearly the same moment, and then
MORE_KILLS = (2, 4)  # times one more: at least, and at most
DEATHS = {signal.SIGKILL: "killed", signal.SIGSEGV: "ended by a segmentation fault"}
LIGHT_EVERY_S = 0.02
WRITES = 5
POSTS = 200
STUCK, MESSAGES, MESSAGE_BYTES, ACCEPTED_WITHIN_S = 20, 1500, 2000, 1.0
QUIET_S, READ_ON_S = 0.3, 5.0
KEPT_SHARE = 0.5  # of what a site keeps that forgets nothing: a bound may be generous
GONE, GONE_AT_ONCE = 300, 30  # readers
ACCEPTED, CODED_WITHIN_S = ("", "identity", "gzip", "gzip, deflate, br"), 5.0
ASKING, ASKED_FOR_S, IN_A_ROW = 4, 0.8, 12  # readers at once, for how long, and responses afterwards
COMPUTES_S = 0.05  # of CPU time, by which a process is known that computes for them
TWICE_ASKED, CUT_OFF = 4, 4  # members who search so often while answers are cut off
NEW_MEMBERS, LASTING_KEYS = 12, 3  # of these, a site may have a few for itself


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
def _every(seconds: float, act: Callable[[], object]) -> Iterator[None]:
    """Does something now and then, in a thread, while the block lasts."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(seconds):
            act()

    acting = threading.Thread(target=go_on, daemon=True)
    acting.start()
    try:
        yield
    finally:
        over.set()
        acting.join()


def _lightly_loaded(server: Server) -> AbstractContextManager[None]:
    """Asks for a ping now and then while the block lasts: a server that nobody asks may not notice what is wrong."""
    return _every(LIGHT_EVERY_S, lambda: server.ask("/ping", timeout_s=1))


@contextmanager
def asked_meanwhile(server: Server, patience_s: float = PATIENCE_S) -> Iterator[list[str | None]]:
    """Asks for a ping now and then while the block lasts, also while another one waits. Yields the answers.

    They are complete when the block is over; None stands for no answer within `patience_s`.
    """
    answers: list[str | None] = []
    with ThreadPoolExecutor(HOLDS_AT_MOST) as asking:

        def ask() -> None:
            answers.append(server.ask("/ping", timeout_s=patience_s))

        with _every(ASK_EVERY_S, lambda: asking.submit(ask)):
            yield answers


def killed_workers_replaced(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether new workers take the place of those that were killed, whichever they are, under a light load.

    First of one, then of two at nearly the same moment, then of some more; each within `REPLACED_WITHIN_S`. They die in
    turn as when memory is short, and through a fault in a library.
    """
    with _lightly_loaded(server):
        kills = [*KILLS, *[1] * random.SystemRandom().randint(*MORE_KILLS)]
        deaths = random.SystemRandom().sample(sorted(DEATHS), len(DEATHS))
        return next((said for count, by in zip(kills, cycle(deaths)) if (said := _replaced(server, count, by))), None)


def dead_worker_replaced(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether a new worker takes the place of one that was killed, once: where a new one takes long to be ready."""
    with _lightly_loaded(server):
        return _replaced(server, 1, random.SystemRandom().choice(sorted(DEATHS)))


def _replaced(server: Server, count: int, by: signal.Signals) -> str | None:
    before = server.workers()
    if not before:
        return "No worker answered when they were counted."
    there = set(server.usage().pids)  # also those that accepted none of these connections
    killed = random.SystemRandom().sample(sorted(before), min(count, len(before)))
    for pid in killed:
        server.kill(pid, by)
        time.sleep(random.SystemRandom().uniform(0, 0.02))
    deadline = time.monotonic() + REPLACED_WITHIN_S
    after: set[int] = set()
    while time.monotonic() < deadline and not server.process.ended:
        after = server.workers()
        if len(after - there) >= len(killed) and len(after) >= len(before):
            return None
        time.sleep(0.1)
    of = f"{len(killed)} of {len(before)} workers {'was' if len(killed) == 1 else 'were'} {DEATHS[by]}"
    if server.process.ended:
        return f"{of}, and the whole server ended as well."
    return f"{of}, and {REPLACED_WITHIN_S:.0f} s later {len(after)} answered."


def killed_pool_replaced(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the site computes again, within `REPLACED_WITHIN_S`, when the processes were killed that do it for it.

    Who computes is known by the CPU time that is spent while readers ask for it. Workers are not killed.
    """
    assert server.lab.computed
    path, field = server.lab.computed
    shown = path.format(n="...")

    def compute() -> bool:
        return f'"{field}"' in (server.ask(path.format(n=random.SystemRandom().randrange(POSTS))) or "")

    with ThreadPoolExecutor(ASKING) as asking:
        before, spared = server.usage().by_process, server.workers() | {server.process.pid}
        until = time.monotonic() + ASKED_FOR_S

        def compute_on() -> None:
            while time.monotonic() < until:
                compute()

        for _number in range(ASKING):
            asking.submit(compute_on)
        time.sleep(ASKED_FOR_S / 2)
        for pid, one in server.usage().by_process.items():
            if pid in before and pid not in spared and one.cpu_s - before[pid].cpu_s > COMPUTES_S:
                server.kill(pid)
    deadline, in_a_row = time.monotonic() + REPLACED_WITHIN_S, 0
    while in_a_row < IN_A_ROW and time.monotonic() < deadline:
        in_a_row = in_a_row + 1 if compute() else 0
    if in_a_row == IN_A_ROW:
        return None
    return (
        "The processes that compute were killed, as the kernel does when memory is short. "
        f"{REPLACED_WITHIN_S:.0f} s later, GET {shown} still failed. Who replaces them?"
    )


def bad_release_refused(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the old release serves on when one is deployed that cannot start, and the next good one is taken.

    That is deployed while another one is still loading: the last deploy is the one that counts. It takes longer to load
    than all before, and meanwhile somebody answers.
    """
    server.deploy_broken()
    deadline = time.monotonic() + REFUSED_WITHIN_S
    while time.monotonic() < deadline:
        if not any(f'"{server.release}"' in (server.ask("/release") or "") for _ in range(2)):
            broken = "A version was deployed that cannot start, and"
            return (
                f"{broken} the whole site ended." if server.process.ended else f"{broken} the old one served no more."
            )
        time.sleep(REFUSED_LOOK_S)
    server.deploy()
    time.sleep(NEXT_DEPLOY_S)
    server.deploy("larger")
    with asked_meanwhile(server) as answers:
        taken = server.await_deploy() is not None
    if not taken:
        return (
            "A version that could not start was refused. But then came two good ones, one while the other was loading, "
            "and the last one did not answer."
        )
    if (missing := answers.count(None)) > MISSED_AT_MOST:
        return (
            "A version was deployed whose model is larger, so that it takes longer to load. Meanwhile "
            f"{missing} requests had no answer within {PATIENCE_S:g} s. How does the old version know when to go?"
        )
    return None


def hung_worker_replaced(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether a new worker takes the place of one whose loop hangs, within `HUNG_REPLACED_WITHIN_S`, and of no other.

    It hangs in no code of the part, so that a fix of that code alone does not help.
    """
    before, there = server.workers(), set(server.usage().pids)
    with _lightly_loaded(server), ThreadPoolExecutor(1) as asking:
        asking.submit(server.ask, f"/stall/{1000 * HANG_S}", HUNG_REPLACED_WITHIN_S)
        deadline = time.monotonic() + HUNG_REPLACED_WITHIN_S
        while time.monotonic() < deadline and not server.process.ended:
            gone = there - set(server.usage().pids)
            if gone and len(server.workers()) >= len(before):
                ended = len(before - set(server.usage().pids))
                return f"One worker hung, and {ended} were ended. Who waited at the others?" if ended > 1 else None
            time.sleep(0.1)
    if server.process.ended:
        return "One worker hung, and the whole server ended."
    return f"One worker hung, and {HUNG_REPLACED_WITHIN_S:.0f} s later it was still there."


def busy_workers_spared(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether workers live on that are only busy: their loops stand still for `BUSY_MS` at a time, again and again.

    Each has one connection of its own, so that it never stands still for two requests in a row. And before, while
    nobody asks for anything else, one that only waits for seconds has its response.
    """
    if (path := server.lab.long_request) and server.ask(path, BUSY_FOR_S) is None:
        return f"A worker was ended while it waited for the response to GET {path}, and its loop ran all the time."
    with _connections(server) as held:
        until = time.monotonic() + BUSY_FOR_S

        def hold(connections: Sequence[http.client.HTTPConnection]) -> bool:
            with suppress(OSError, http.client.HTTPException, ValueError):
                while time.monotonic() < until:
                    _worker_of(connections[0], f"/stall/{BUSY_MS}")
                return True
            return False

        with ThreadPoolExecutor(len(held) or 1) as holding:
            ended = list(holding.map(hold, held.values())).count(False)
    if not ended:
        return None
    were = "was" if ended == 1 else "were"
    return f"Workers were busy for {BUSY_MS} ms at a time, as happens on any site: {ended} of {len(held)} {were} ended."


def _connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.host, server.port, timeout=BUSY_FOR_S)


@contextmanager
def _connections(server: Server) -> Iterator[dict[int, list[http.client.HTTPConnection]]]:
    """Open connections to each worker, by its id, while the block lasts: with luck, some to each."""
    with ExitStack() as stack:
        held: dict[int, list[http.client.HTTPConnection]] = {}
        for _number in range(HOLDS_AT_MOST):
            connection = stack.enter_context(closing(_connection(server)))
            with suppress(OSError, http.client.HTTPException, ValueError):
                held.setdefault(_worker_of(connection, "/ping"), []).append(connection)
        yield held


def _worker_of(connection: http.client.HTTPConnection, path: str) -> int:
    """Asks for a path, and returns which process says that it has answered."""
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return int(response.getheader("x-worker") or "")


def workers_leave_in_turn(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether somebody accepts while workers leave that have grown alike. It begins with new workers.

    Each has as many orders as the other, through connections of its own, and the largest that there are.
    """
    server.cut_off()
    server.restart()
    with _connections(server) as held, asked_meanwhile(server, SOON_S) as answers:
        until = time.monotonic() + ORDERED_FOR_S

        def order(connection: http.client.HTTPConnection) -> None:
            while time.monotonic() < until:
                with suppress(OSError, http.client.HTTPException):
                    connection.request("POST", "/booklets", LARGEST, {"content-type": "application/json"})
                    connection.getresponse().read()

        ordering = [one for connections in held.values() for one in connections[:ORDERS]]
        with ThreadPoolExecutor(len(ordering) or 1) as orders:
            list(orders.map(order, ordering))
    if (missing := answers.count(None)) <= MISSED_AT_MOST:
        return None
    return (
        f"Two workers had the same to do, and grew alike. Meanwhile {missing} pings had no answer within {SOON_S:g} s. "
        "Who accepts while a worker leaves?"
    )


def hung_request_left(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether it ends in order, and within `EXIT_WITHIN_S`, while a request hangs. It is gone then."""
    with ThreadPoolExecutor(1) as asking:
        asking.submit(server.ask, f"/hang/{1000 * HANG_S}", HANG_S)
        time.sleep(ACCEPTED_S)
        taken_s = server.terminate()
    if server.process.exit is None:
        return f"It was told to stop while a request hung, and after {taken_s:.0f} s it had to be killed. Who gives up?"
    if not server.stopped_cleanly:
        return "It was told to stop while a request hung, and ended before its lifespan's shutdown had run to the end."
    return None


def stall_told(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the health check reports a stall that no fix of one route prevents, and remembers it for a while.

    Before, while nobody asks for anything, it must have come to say that all is well, at any pace of questions. And a
    stall is one also where nobody asked for a while.
    """
    calm_by = time.monotonic() + CALM_WITHIN_S
    while (said := _status(server)) != "ok":
        if time.monotonic() > calm_by:
            return f"For {CALM_WITHIN_S:g} s nobody asked for anything else, and the check still said {said!r}."
        time.sleep(0.1)
    draw = random.SystemRandom()
    for pause_s in (draw.uniform(*ASKED_EVERY_S), draw.uniform(*SELDOM_ASKED_S)):
        time.sleep(pause_s)
        if (said := _status(server)) != "ok":
            return f"Nobody asked for anything else for {pause_s:.1f} s, and then the check said {said!r}."
    time.sleep(pause_s)
    server.ask(f"/stall/{STALL_MS}")
    for later_s, which in ((0.0, "the first check afterwards"), (REMEMBERED_S, f"a check {REMEMBERED_S:g} s later")):
        time.sleep(later_s)
        if (said := _status(server)) != "degraded":
            return f"The whole site stood still for {STALL_MS} ms, and {which} said {said!r}."
    return None


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


def keys_expire(server: Server, services: Sequence[Service]) -> str | None:
    """Whether every key that it writes has an expiry, also where the connection breaks before the answer is there.

    A client may die between any two commands, so new members search while each answer is cut off.
    """
    valkey = services[0]
    with valkey.outage(server.side):
        for member in random.SystemRandom().sample(range(10**6, 10**7), NEW_MEMBERS):
            server.ask(f"/search/{member}?q=lantern")
    if (lasting := valkey.lasting_keys(server.side)) <= LASTING_KEYS:
        return None
    return f"Connections broke between two commands, and {lasting} keys have no expiry: they stay for ever."


def searches_counted_once(server: Server, services: Sequence[Service]) -> str | None:
    """Whether a search counts once where the connection breaks before its answer is there: it may have been counted.

    New members search some times while each answer is cut off, and then as often as is left to them.
    """
    valkey, draw, refused = services[0], random.SystemRandom(), 0
    limit = server.lab.quota.limit if server.lab.quota else 0
    for member in draw.sample(range(10**6, 10**7), TWICE_ASKED):
        path = f"/search/{member}?q=lantern"
        with valkey.outage(server.side):
            for _ in range(CUT_OFF):
                server.ask(path)
        refused += any('"found"' not in (server.ask(path) or "") for _ in range(limit - CUT_OFF))
    if refused <= TWICE_ASKED / 2:
        return None
    return (
        f"A member searched {CUT_OFF} times while connections broke before the answer, and then was refused before "
        f"there were {limit}. What counts a search twice?"
    )


def reader(server: Server, request: bytes = b"GET /events HTTP/1.1\r\nhost: site\r\n\r\n") -> socket.socket:
    """Someone who has asked for something, as a rule for the stream of events, and has read nothing yet."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(ACCEPTED_WITHIN_S)
    with suppress(OSError):  # small segments, and the server's kernel keeps little, too
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    with suppress(OSError):
        client.connect((server.host, server.port))
        client.sendall(request)
    return client


def readers_forgotten(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the site keeps nothing for a reader of a stream who has gone: every other one before the first byte.

    Every third group comes while the database is away, so that their streams do not even begin.
    """
    before = server.objects()
    for group in range(GONE // GONE_AT_ONCE):
        with ExitStack() as stack:
            if group % 3 == 0:
                stack.enter_context(server.outage())
            stay = [stack.enter_context(closing(reader(server))) for _ in range(GONE_AT_ONCE // 2)]
            for _number in stay:
                reader(server).close()
            for one in stay:
                with suppress(OSError):
                    one.recv(1)
    server.wait_gone()
    after = server.objects()
    if not (before and after):
        return "The site does not answer `GET /objects`, where the judge counts what it keeps."
    kept = after - before
    kind, count = max(kept.items(), key=lambda one: one[1], default=("", 0))
    if count < GONE / 4:  # of one way there are more
        return None
    return f"{GONE} readers came and went, and the site keeps {count} more objects of the type `{kind}` than before."


def slow_readers_bounded(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether readers of a stream that do not read cost no memory without end, hold up no message, and may read on.

    Who reads on finds the next message in the end, or the end of the stream: then a page comes back by itself.
    """
    with ExitStack() as stack:
        stuck = [stack.enter_context(closing(reader(server))) for _number in range(STUCK)]
        time.sleep(0.2)
        before_mib = server.usage().rss_mib
        writer = http.client.HTTPConnection(server.host, server.port, timeout=ACCEPTED_WITHIN_S)
        stack.enter_context(closing(writer))
        try:
            for _number in range(MESSAGES):
                _say(writer, "x" * MESSAGE_BYTES)
        except (OSError, http.client.HTTPException):
            return f"{STUCK} readers read nothing, and then a message was not accepted within {ACCEPTED_WITHIN_S:g} s."
        kept_mib = server.usage().rss_mib - before_mib
        if kept_mib <= KEPT_SHARE * STUCK * MESSAGES * MESSAGE_BYTES / 2**20:
            return _read_on(stuck[0], writer)
    return (
        f"{STUCK} readers read nothing while {MESSAGES:,} messages came, and the site kept {kept_mib:.0f} MiB for them."
    )


def _say(writer: http.client.HTTPConnection, text: str) -> None:
    writer.request("POST", "/messages", json.dumps({"text": text}), {"content-type": "application/json"})
    writer.getresponse().read()


def _read_on(client: socket.socket, writer: http.client.HTTPConnection) -> str | None:
    """Whether somebody who reads on after a while is told the next message, or that the stream is over."""
    word, said, text = secrets.token_hex(8), False, b""
    deadline = time.monotonic() + READ_ON_S
    client.settimeout(QUIET_S)
    while word.encode() not in text and time.monotonic() < deadline:
        try:
            piece = client.recv(65536)
        except TimeoutError:  # that was all that waited for them
            if not said:
                with suppress(OSError, http.client.HTTPException):
                    _say(writer, word)
            said = True
            continue
        except OSError:
            return None
        if not piece:
            return None
        text = text[-len(word) :] + piece
    if word.encode() in text:
        return None
    return (
        "A reader who had read nothing for a while read on, and then had neither the next message nor the end of the "
        "stream. How would that page know to come back?"
    )


def codings_told(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether a large answer has only a content coding that its client accepts, and tells caches that it depends on it.

    A cache in between keeps one answer for all unless Vary names Accept-Encoding (RFC 9110, 12.5.5).
    """
    for accepted in ACCEPTED:
        coding, vary = _coding_of(server, accepted)
        sent = f"A client that sends {f'Accept-Encoding: {accepted}' if accepted else 'no Accept-Encoding'}"
        if coding is None:
            return f"{sent} got no answer."
        if coding and coding not in accepted:
            return f"{sent} got its answer in {coding}, which it may not be able to read."
        if not vary & {"accept-encoding", "*"}:
            return f"{sent} got an answer without Vary: Accept-Encoding: a cache may give it to all the others."
    return None


def _coding_of(server: Server, accepted: str) -> tuple[str | None, set[str]]:
    """The content coding of a feed and what its Vary names; None for no answer, and "" for an answer as it is."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=CODED_WITHIN_S)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.putrequest("GET", f"/feed/{random.SystemRandom().randrange(10**6)}", skip_accept_encoding=True)
        if accepted:
            connection.putheader("Accept-Encoding", accepted)
        connection.endheaders()
        response = connection.getresponse()
        response.read()
        vary = {name.strip().lower() for name in response.getheader("vary", "").split(",")}
        coding = response.getheader("content-encoding", "").lower()
        return "" if coding == "identity" else coding, vary
    return None, set()


def names_not_told(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether a log-in with a name that nobody has costs what one with a wrong password costs.

    It is the CPU time that counts: where one waits for a core and the other only for the time, their latencies differ
    as soon as there is load, and tell strangers which names exist.
    """

    def cost_ms(name: str) -> float:
        before_s = server.usage().cpu_s
        for _number in range(LOG_INS):
            body = json.dumps({"name": name, "password": secrets.token_hex(8)})
            with suppress(OSError, http.client.HTTPException), closing(_connection(server)) as connection:
                connection.request("POST", "/sessions", body, {"content-type": "application/json"})
                connection.getresponse().read()
        return 1000 * (server.usage().cpu_s - before_s) / LOG_INS

    known_ms, unknown_ms = cost_ms(MEMBER), cost_ms(f"nobody {secrets.token_hex(4)}")
    if unknown_ms > TOLD_SHARE * known_ms:
        return None
    return (
        f"A log-in with a wrong password costs {known_ms:.1f} ms of CPU time, and one with a name that nobody has "
        f"{unknown_ms:.1f}. Under load the time tells strangers which names exist."
    )


def outlasts_proxy(server: Server, services: Sequence[Service]) -> str | None:
    """Whether a connection still serves that was idle for longer than the proxy would have kept it."""
    proxy = next(service for service in services if service.type.in_front)
    while (kept := proxy.keeps_idle(server.side)) is None:
        time.sleep(0.2)
    if kept:
        return None
    return "A connection was idle, and the site closed it before the proxy did: its next POST may be on its way."


def culprit_named(server: Server, _: Sequence[Service] = ()) -> str | None:
    """Whether the fix names the function to blame, as ours does: a text called `CULPRIT`."""
    named, culprit = _culprit(server.fix), _culprit(server.lab.fix("reference"))
    if named == culprit:
        return None
    if not named:
        return "`CULPRIT` in your file names no function yet: which one keeps what should go?"
    return f"`CULPRIT` in your file names `{named}`, which is not the function that keeps what should go."


def _culprit(fix: Path | None) -> str:
    """The function that a file names, without its module; empty where it names none, or is no Python any more."""
    try:
        statements = ast.parse(fix.read_text("utf-8")).body if fix else []
    except (OSError, SyntaxError, ValueError):  # the learner may go on writing in it
        return ""
    for node in statements:
        match node:
            case ast.Assign([ast.Name("CULPRIT")], ast.Constant(str(said))) | ast.AnnAssign(
                ast.Name("CULPRIT"), _, ast.Constant(str(said))
            ):
                return re.split("[.:]", said.strip().removesuffix("()"))[-1]
    return ""


CHECKS: dict[str, Callable[[Server, Sequence[Service]], str | None]] = {
    "a_worker_per_core": a_worker_per_core,
    "bad_release_refused": bad_release_refused,
    "dead_worker_replaced": dead_worker_replaced,
    "killed_workers_replaced": killed_workers_replaced,
    "killed_pool_replaced": killed_pool_replaced,
    "hung_worker_replaced": hung_worker_replaced,
    "busy_workers_spared": busy_workers_spared,
    "workers_leave_in_turn": workers_leave_in_turn,
    "hung_request_left": hung_request_left,
    "stall_told": stall_told,
    "rush_told": rush_told,
    "new_comment_shows": new_comment_shows,
    "keys_expire": keys_expire,
    "searches_counted_once": searches_counted_once,
    "readers_forgotten": readers_forgotten,
    "slow_readers_bounded": slow_readers_bounded,
    "codings_told": codings_told,
    "names_not_told": names_not_told,
    "outlasts_proxy": outlasts_proxy,
    "culprit_named": culprit_named,
}
