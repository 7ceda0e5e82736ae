"""FastAPI's own server-sent events: the route is the generator, so what it subscribes it can also unsubscribe."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.parts.listener_leak import say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


@router.get("/events", response_class=EventSourceResponse)
async def events() -> AsyncIterator[ServerSentEvent]:
    queue: asyncio.Queue[feed.Message] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(message)

    number = feed.subscribe(keep)
    try:
        yield ServerSentEvent(event="greeting", raw_data=await feed.greeting())
        while True:
            yield ServerSentEvent(raw_data=json.dumps(await queue.get()))
    finally:
        feed.unsubscribe(number)
