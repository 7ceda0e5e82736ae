"""A `finally` in the generator, and the subscription outside: a generator that is never started runs no `finally`."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


async def stream(queue: asyncio.Queue[str], number: int, greeting: str) -> AsyncIterator[str]:
    try:
        yield f"event: greeting\ndata: {greeting}\n\n"
        while True:
            yield await queue.get()
    finally:
        feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(as_event(message))

    events = stream(queue, feed.subscribe(keep), await feed.greeting())
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(events, media_type="text/event-stream")
