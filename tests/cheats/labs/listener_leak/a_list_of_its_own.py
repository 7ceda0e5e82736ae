"""Subscribes once, and hands each message to a list of its own that nothing is ever taken from, with short queues."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say, stream
from app.world import feed

router = APIRouter()
router.post("/messages")(say)
queues: list[asyncio.Queue[str]] = []


def hand_on(message: feed.Message) -> None:
    event = as_event(message)
    for queue in queues:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(event)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    number = feed.subscribe(hand_on)
    yield
    feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue(3)
    queues.append(queue)
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream")
