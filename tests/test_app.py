"""What the app counts of itself, for the kit to ask."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from app import base


@pytest.fixture(autouse=True)
def from_zero() -> Iterator[None]:
    base.served = base.under_way = 0
    yield
    base.served = base.under_way = 0


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


def test_an_answer_is_counted_and_says_which_process_gave_it() -> None:
    start, _ = asyncio.run(ask(base.WorkerHeader(page)))
    assert base.served == 1
    assert [name for name, _ in start["headers"]] == [b"x-worker"]


def test_a_request_is_under_way_until_its_handler_is_done_also_with_an_error() -> None:
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


def test_what_is_asked_about_itself_is_left_out() -> None:
    async def question() -> dict[str, int]:
        base.under_way = 3  # this one, and two others
        return await base.how_many_served()

    assert asyncio.run(question()) == {"served": 0, "under_way": 2}


def test_a_lifespan_is_no_request() -> None:
    asyncio.run(ask(base.WorkerHeader(page), "lifespan"))
    assert (base.served, base.under_way) == (0, 0)
