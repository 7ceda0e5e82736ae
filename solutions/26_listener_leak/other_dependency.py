"""A dependency with `yield` subscribes, and unsubscribes when the response is over, whether or not it has begun."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say, stream
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


async def listening() -> AsyncIterator[asyncio.Queue[str]]:
    queue: asyncio.Queue[str] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(as_event(message))

    number = feed.subscribe(keep)
    try:
        yield queue
    finally:
        feed.unsubscribe(number)


@router.get("/events")
async def events(request: Request, queue: Annotated[asyncio.Queue[str], Depends(listening)]) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream")
