"""What the app knows about itself: its counts, its ledger, its memory limit and its health."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from starlette.types import Message, Receive, Scope, Send

from app import base, blocked, health, ledger, memory
from app.world import feed, members, outage
from app.world.posts import POSTS

# The counts, which the kit reads.


@pytest.fixture(autouse=True)
def from_zero() -> Iterator[None]:
    base.begun = base.served = base.under_way = 0
    yield
    base.begun = base.served = base.under_way = 0


def test_a_release_is_a_name_or_it_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "release"
    monkeypatch.setenv("APP_RELEASE_FILE", str(file))
    file.write_text("a1b2")
    assert base._release() == "a1b2"
    file.write_text("a1-b2")
    with pytest.raises(SyntaxError, match="The release 'a1-b2' cannot start"):
        base._release()


async def ask(app: base.WorkerHeader, kind: str = "http") -> list[Message]:
    """Everything that an app sends to one request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": kind}, receive, send)
    return sent


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def error(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("no such page")


def test_a_response_is_counted_and_names_its_process() -> None:
    start, _ = asyncio.run(ask(base.WorkerHeader(page)))
    assert base.served == 1
    assert [name for name, _ in start["headers"]] == [b"x-worker"]


def test_a_request_is_under_way_until_its_handler_ends() -> None:
    """Also where it ends with an error."""
    seen = []

    async def look(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(base.under_way)
        await page(scope, receive, send)
        seen.append(base.under_way)

    async def both() -> None:
        await ask(base.WorkerHeader(look))
        with pytest.raises(RuntimeError, match="no such page"):
            await ask(base.WorkerHeader(error))

    asyncio.run(both())
    assert (seen, base.under_way) == ([1, 1], 0)
    assert (base.begun, base.served) == (2, 1)


def test_a_request_for_the_counts_is_not_counted() -> None:
    async def question() -> dict[str, int]:
        base.begun, base.under_way = 9, 3  # with this request
        return await base.how_many_served()

    assert asyncio.run(question()) == {"begun": 8, "served": 0, "under_way": 2, "listening": 0}


def test_the_counts_say_how_many_listen() -> None:
    number = feed.subscribe(lambda message: None)
    assert asyncio.run(base.how_many_served())["listening"] == 1
    feed.unsubscribe(number)
    assert asyncio.run(base.how_many_served())["listening"] == 0


def test_objects_are_counted_by_type_without_garbage() -> None:
    class Kept:
        pass

    def count() -> int:
        return asyncio.run(base.how_many_objects()).get(f"{__name__}.{Kept.__qualname__}", 0)

    kept, loop = [Kept() for _ in range(3)], Kept()
    loop.itself = loop  # type: ignore[attr-defined]
    assert count() == 4
    del loop
    assert count() == len(kept) == 3


class Member:
    """Somebody whose password may be kept in an attribute."""


@pytest.mark.parametrize(
    "keep",
    [
        pytest.param(lambda member, text: setattr(member, "password", text), id="in an attribute"),
        pytest.param(lambda member, text: setattr(member, "password", text.encode()), id="as bytes"),
        pytest.param(
            lambda member, text: setattr(member, "kept", {"mira": {"password": text}}), id="in a dict of dicts"
        ),
        pytest.param(lambda member, text: setattr(member, "kept", [("mira", text)]), id="in a tuple"),
        pytest.param(
            lambda member, text: setattr(member, "kept", lru_cache()(len)) or member.kept(text), id="in a cache"
        ),
    ],
)
def test_who_holds_a_text_is_known_by_its_digest(keep: Callable[[Any, str], object]) -> None:
    typed = [*"two coffees, ", *"one page"]  # so that no constant of this module holds the text
    digest = sha256("".join(typed).encode()).hexdigest()

    def holding() -> int:
        return asyncio.run(base.holds(digest, len(typed)))["holding"]

    member = Member()
    assert holding() == 0
    keep(member, "".join(typed))
    assert holding() >= 1
    vars(member).clear()
    assert holding() == 0


def test_a_request_may_hang_while_the_loop_goes_on() -> None:
    async def hangs() -> dict[str, int]:
        hanging = asyncio.create_task(base.hang(30))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not hanging.done()
        return await hanging

    assert asyncio.run(hangs()) == {"waited_ms": 30}


def test_which_team_was_asked_is_noted_once_and_each_failure_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, file = tmp_path / "asked", tmp_path / "outage"
    asked.mkdir()
    monkeypatch.setattr(outage, "_asked", set())
    monkeypatch.setenv("APP_ASKED", str(asked))
    monkeypatch.setenv("APP_OUTAGE", str(file))
    assert not outage.is_on("the press")
    assert members.card(21)["posts"][0] == POSTS[1].title
    assert {one.name for one in asked.iterdir()} == {"the press", "the members' database"}
    file.write_bytes(b"")
    assert outage.is_on("the press")
    with pytest.raises(ConnectionError):
        members.card(21)
    assert file.read_bytes() == b".."


def test_a_lifespan_is_no_request() -> None:
    asyncio.run(ask(base.WorkerHeader(page), "lifespan"))
    assert (base.begun, base.served, base.under_way) == (0, 0, 0)


# The ledger.


def test_a_job_done_is_entered_with_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_LEDGER", str(tmp_path / "ledger"))
    before = time.monotonic()
    ledger.enter("a letter")
    ledger.enter("another")
    lines = (tmp_path / "ledger").read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["a letter", "another"]
    assert before <= float(lines[0].partition(" ")[0]) <= time.monotonic()


def test_without_a_ledger_nothing_is_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_LEDGER", raising=False)
    ledger.enter("a letter")


# Memory.

MACHINE_MIB = psutil.virtual_memory().total / 2**20


def limited(tmp_path: Path, membership: str, **limits: str) -> float:
    """The limit that a process of these control groups has. A key `a__b` stands for the file `a/b`."""
    for name, said in limits.items():
        file = tmp_path / name.replace("__", "/").replace("memory_max", "memory.max")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{said}\n")
    listed = tmp_path / "membership"
    listed.write_text(membership)
    return memory.limit_mib(tmp_path, listed)


def test_without_a_control_group_the_limit_is_the_machine(tmp_path: Path) -> None:
    assert memory.limit_mib(tmp_path, tmp_path / "nowhere") == MACHINE_MIB


def test_a_cgroup_v2_container_sees_its_limit_at_the_top(tmp_path: Path) -> None:
    assert limited(tmp_path, "0::/\n", memory_max=str(64 * 2**20)) == 64.0


def test_the_tightest_group_on_the_path_counts(tmp_path: Path) -> None:
    limits = {"shop__memory_max": str(32 * 2**20), "shop__till__memory_max": str(48 * 2**20), "memory_max": "max"}
    assert limited(tmp_path, "0::/shop/till\n", **limits) == 32.0


def test_a_cgroup_v1_limit_is_in_another_file(tmp_path: Path) -> None:
    file = tmp_path / "memory" / "shop" / "memory.limit_in_bytes"
    file.parent.mkdir(parents=True)
    file.write_text(str(16 * 2**20))
    assert limited(tmp_path, "5:cpu:/other\n4:memory:/shop\n0::/\n") == 16.0


@pytest.mark.parametrize("said", ["max", str(2**63 - 4096)])
def test_a_group_without_a_limit_leaves_the_machine(tmp_path: Path, said: str) -> None:
    assert limited(tmp_path, "0::/\n", memory_max=said) == MACHINE_MIB


def test_a_process_has_some_memory_and_less_than_it_may() -> None:
    assert 1 < memory.rss_mib() < memory.limit_mib() <= MACHINE_MIB


# Health.

HEALTHY = {
    "loop_late_ms": 1.0,
    "threads": 40,
    "threads_taken": 40,
    "waiting_for_a_thread": 0,
    "rss_mib": 50.0,
    "memory_limit_mib": 100,
}


def test_a_full_site_where_no_call_waits_is_healthy() -> None:
    assert list(health.complaints(HEALTHY)) == []


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        ({"loop_late_ms": 212.0}, "the event loop stood still for 212 ms"),
        ({"waiting_for_a_thread": 60}, "all 40 threads are taken, and 60 calls wait"),
        ({"rss_mib": 95.0}, "memory is at 95% of its limit"),
    ],
)
def test_a_complaint_says_what_is_wrong(worse: dict[str, float], said: str) -> None:
    assert list(health.complaints({**HEALTHY, **worse})) == [said]


def test_a_watch_that_nobody_asks_keeps_only_the_looks_that_it_would_report() -> None:
    async def never_asked() -> health.Watch:
        watch = health.Watch()
        for _ in range(1000):
            watch.looks.append(watch.look())
        return watch

    assert len(asyncio.run(never_asked()).looks) <= health.LATELY_S / health.LOOK_S + 1


async def watched(trouble: str) -> tuple[list[health.Look], list[health.Look]]:
    """The looks of a watch right after some trouble, and again when that is longer ago than it remembers."""
    watch = health.Watch()
    async with anyio.create_task_group() as group:
        group.start_soon(watch.watch)
        await anyio.sleep(health.LOOK_S * 1.5)
        if trouble == "stall":
            time.sleep(0.3)  # noqa: ASYNC251  (on purpose: this is the stall)
            seen = watch.lately()
        else:
            async with anyio.create_task_group() as rush:
                for _ in range(watch.threads.statistics().total_tokens + 5):
                    rush.start_soon(anyio.to_thread.run_sync, time.sleep, health.LOOK_S * 3)
            seen = watch.lately()
        await anyio.sleep(health.LATELY_S + 0.2)
        later = watch.lately()
        group.cancel_scope.cancel()
    return seen, later


def test_a_stalled_loop_is_noticed_at_once_and_later_forgotten() -> None:
    seen, later = asyncio.run(watched("stall"))
    assert max(look.late_s for look in seen) > 0.2
    assert seen[-1].late_s == max(look.late_s for look in seen)
    assert len(later) < 2 * health.LATELY_S / health.LOOK_S
    assert max(look.late_s for look in later) < 0.2


def test_calls_that_waited_for_a_thread_are_reported_afterwards() -> None:
    seen, later = asyncio.run(watched("rush"))
    assert seen[-1].waiting == 0
    assert max(look.waiting for look in seen) == 5
    assert max(look.waiting for look in later) == 0


# How long loops stand still.


def looked_at(file: Path, monkeypatch: pytest.MonkeyPatch, stalls_s: float) -> list[tuple[float, float]]:
    """What a process writes down whose loop stands still once."""
    monkeypatch.setenv("APP_BLOCKED", str(file))

    async def stall() -> None:
        async with blocked.watching():
            await asyncio.sleep(0.05)
            time.sleep(stalls_s)  # noqa: ASYNC251
            await asyncio.sleep(0.05)

    asyncio.run(stall())
    rows = [line.split() for line in file.read_text().splitlines()]
    assert {row[0] for row in rows} == {str(os.getpid())}
    return [(float(from_s), float(to_s)) for _, from_s, to_s in rows]


def test_a_loop_that_stood_still_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beat, (from_s, to_s), *_ = looked_at(tmp_path / "blocked", monkeypatch, 0.3)
    assert beat[0] == beat[1]
    assert 0.25 < to_s - from_s < 5


def test_nothing_is_looked_at_unless_the_kit_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_BLOCKED", raising=False)

    async def others() -> int:
        async with blocked.watching():
            return len(asyncio.all_tasks())

    assert asyncio.run(others()) == 1
