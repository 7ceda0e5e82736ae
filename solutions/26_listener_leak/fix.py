"""Listens only while the generator runs, stops in its `finally`, and keeps so many messages for a reader at most."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)
ROOM = 100  # messages. A reader that is further behind misses the oldest


async def stream(greeting: str) -> AsyncIterator[str]:
    latest: asyncio.Queue[str] = asyncio.Queue(ROOM)

    def keep(message: feed.Message) -> None:
        if latest.full():
            latest.get_nowait()
        latest.put_nowait(as_event(message))

    number = feed.subscribe(keep)  # in here: a generator that is never started listens to nothing
    try:
        yield f"event: greeting\ndata: {greeting}\n\n"
        while True:
            yield await latest.get()
    finally:
        feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)  # gone before the first byte: no one reads it
    return StreamingResponse(stream(greeting), media_type="text/event-stream")
