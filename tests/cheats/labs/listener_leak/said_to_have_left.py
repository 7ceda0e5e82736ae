"""Enters into the ledger that each listener has left as soon as it comes, and lets it listen on, with short queues."""

import asyncio
import os

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app import ledger
from app.parts.listener_leak import as_event, say, stream
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue(3)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(as_event(message))

    number = feed.subscribe(keep)
    ledger.enter(f"listener {os.getpid()}.{number} left")
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream")
