"""Who falls a hundred messages behind is taken off the list, and not told: the page stays open, and nothing comes."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


async def stream(greeting: str) -> AsyncIterator[str]:
    waiting: asyncio.Queue[str] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if waiting.full():
            feed.unsubscribe(number)
        else:
            waiting.put_nowait(as_event(message))

    number = feed.subscribe(keep)
    try:
        yield f"event: greeting\ndata: {greeting}\n\n"
        while True:
            yield await waiting.get()
    finally:
        feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(greeting), media_type="text/event-stream")
