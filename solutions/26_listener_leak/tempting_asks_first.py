"""Asks before each message whether the reader is there, and is cancelled while it waits: what follows never runs."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


async def stream(request: Request, greeting: str) -> AsyncIterator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(as_event(message))

    number = feed.subscribe(keep)
    yield f"event: greeting\ndata: {greeting}\n\n"
    while not await request.is_disconnected():
        yield await queue.get()
    feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(request, greeting), media_type="text/event-stream")
