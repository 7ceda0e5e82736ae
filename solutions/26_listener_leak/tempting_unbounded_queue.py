"""Unsubscribes as it should, and keeps every message for a reader who reads none: `QueueFull` never comes."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


async def stream(greeting: str) -> AsyncIterator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    number = feed.subscribe(lambda message: queue.put_nowait(as_event(message)))
    try:
        yield f"event: greeting\ndata: {greeting}\n\n"
        while True:
            yield await queue.get()
    finally:
        feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(greeting), media_type="text/event-stream")
