"""A bounded queue, and a writer that waits until each reader has room: one that never reads holds up everyone."""

import asyncio
import itertools
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import Post, as_event
from app.world import feed

router = APIRouter()
numbers = itertools.count(1)
queues: set[asyncio.Queue[str]] = set()


@router.post("/messages")
async def say(post: Post) -> dict[str, int]:
    message = {"number": next(numbers), "text": post.text}
    feed.publish(message)
    for queue in list(queues):
        await queue.put(as_event(message))
    return {"length": len(post.text)}


async def stream(greeting: str) -> AsyncIterator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue(10)
    queues.add(queue)
    try:
        yield f"event: greeting\ndata: {greeting}\n\n"
        while True:
            yield await queue.get()
    finally:
        queues.discard(queue)


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(greeting), media_type="text/event-stream")
