"""What every side of every lab serves: a ping, a health check, and which release of the site is running."""

import asyncio
import logging
import os
import time
from collections import Counter
from gc import collect, get_freeze_count, get_objects, get_referents, is_tracked
from hashlib import sha256
from pathlib import Path
from sys import getallocatedblocks

from fastapi import APIRouter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import growth, intact, profile
from app.world import feed

router = APIRouter()
if os.environ.get("APP_PROFILE"):
    router.include_router(profile.router)
    router.include_router(growth.router)


def _release() -> str:
    """The release this process was started with. Like code, it is read only once, when it is loaded.

    Raises SyntaxError where it is a broken one, as code does that was saved too early.
    """
    file = os.environ.get("APP_RELEASE_FILE")
    name = Path(file).read_text().strip() if file else "1"
    if not name.isalnum():
        raise SyntaxError(f"The release {name!r} cannot start.")
    return name


RELEASE = _release()


@router.get("/ping")
async def ping() -> dict[str, bool]:
    """Answers, and does nothing else."""
    return {"pong": True}


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Says that the process serves."""
    return {"status": "ok"}


@router.get("/release")
async def release() -> dict[str, str]:
    """The release of the code that this process runs."""
    return {"release": RELEASE}


@router.get("/stall/{ms}")
async def stall(ms: int) -> dict[str, int]:
    """Blocks the event loop for so many milliseconds, as may happen on any site."""
    time.sleep(ms / 1000)  # noqa: ASYNC251
    return {"stood_still_ms": ms}


@router.get("/hang/{ms}")
async def hang(ms: int) -> dict[str, int]:
    """Waits for so many milliseconds, as for a service that does not reply. The event loop goes on."""
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


begun = served = under_way = 0


@router.get("/intact")
async def is_intact() -> dict[str, list[str]]:
    """The names that a fix has changed and may not change."""
    return {"changed": intact.changed()}


@router.get("/served")
async def how_many_served() -> dict[str, int]:
    """How many requests this process had before this one, answered, and is busy with; and how many listen to the feed.

    The kit compares the first two with what a load test reports; while any are under way, the site is not idle. The
    last it compares with the ledger.
    """
    return {"begun": begun - 1, "served": served, "under_way": under_way - 1, "listening": feed.count()}


@router.get("/objects")
async def how_many_objects() -> dict[str, int]:
    """How many objects this process keeps, by type: those that may hold others, without garbage; and its id."""
    collect()
    kept = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in map(type, get_objects()))
    return {**kept, "frozen": get_freeze_count(), "process": os.getpid()}


@router.get("/holds")
async def holds(digest: str, length: int) -> dict[str, int]:
    """How many objects of this process hold a text of that length with that SHA-256, which is not told itself."""
    collect()
    return {"holding": sum(_holds(one, digest, length) for one in get_objects())}


def _holds(one: object, digest: str, length: int) -> bool:
    for held in get_referents(one):
        if isinstance(held, str | bytes):
            in_bytes = held.encode(errors="replace") if isinstance(held, str) else held
            if len(in_bytes) == length and sha256(in_bytes).hexdigest() == digest:
                return True
        elif isinstance(held, tuple | dict) and not is_tracked(held) and _holds(held, digest, length):
            return True  # garbage collection leaves out those that hold no more than texts and numbers
    return False


@router.get("/blocks")
async def how_many_blocks() -> dict[str, int]:
    """How many blocks of memory Python has given out in this process, without garbage; its id, and what it served."""
    collect()
    return {"blocks": getallocatedblocks(), "served": served, "process": os.getpid()}


class Fault(Exception):
    """What a handler raises because the kit asks for it. Servers do not log it: only errors of one's own are news."""


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], Fault))


for server in ("uvicorn.error", "gunicorn.error"):
    logging.getLogger(server).addFilter(_is_news)


@router.get("/error")
async def fail() -> None:
    """Raises, as a handler with a fault in it does: what a fix forgets to take back then shows afterwards."""
    raise Fault


class WorkerHeader:
    """Adds `x-worker`, the id of the process, to every response, and counts responses and requests under way.

    Plain ASGI: it costs a list append per request, where a `BaseHTTPMiddleware` would cost a task group.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global begun, under_way

        async def send_named(message: Message) -> None:
            global served
            if message["type"] == "http.response.start":
                served += 1
                # The id is read for each response: a worker that is forked later has another one.
                message["headers"] = [*message["headers"], (b"x-worker", str(os.getpid()).encode())]
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun += 1
        under_way += 1
        try:
            await self.app(scope, receive, send_named)
        finally:
            under_way -= 1
