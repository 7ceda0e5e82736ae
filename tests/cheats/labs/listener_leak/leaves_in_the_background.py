"""Unsubscribes in a background task of the response, which never runs where the stream does not even begin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)

MOST = 200  # messages that wait for one page


async def stream(queue: asyncio.Queue[str], greeting: str) -> AsyncIterator[str]:
    yield f"event: greeting\ndata: {greeting}\n\n"
    while True:
        yield await queue.get()


async def leave(number: int) -> None:
    feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue(MOST)

    def listener(message: feed.Message) -> None:
        with suppress(asyncio.QueueFull):  # this page does not read
            queue.put_nowait(as_event(message))

    number = feed.subscribe(listener)
    greeting = await feed.greeting()
    if await request.is_disconnected():
        feed.unsubscribe(number)
        return Response(status_code=499)  # gone before the first byte: no one reads it
    gone = BackgroundTask(leave, number)
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream", background=gone)
