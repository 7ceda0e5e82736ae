"""A chat, live: each open page listens to the feed of new messages, and goes on listening when its tab is closed."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from app.world import feed

router = APIRouter()
numbers = itertools.count(1)


class Post(BaseModel):
    text: str


def as_event(message: feed.Message) -> str:
    """The message in the format of server-sent events."""
    return f"data: {json.dumps(message)}\n\n"


@router.post("/messages")
async def say(post: Post) -> dict[str, int]:
    feed.publish({"number": next(numbers), "text": post.text})
    return {"length": len(post.text)}


async def stream(queue: asyncio.Queue[str], greeting: str) -> AsyncIterator[str]:
    yield f"event: greeting\ndata: {greeting}\n\n"
    while True:
        yield await queue.get()


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue()
    feed.subscribe(lambda message: queue.put_nowait(as_event(message)))
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)  # gone before the first byte: no one reads it
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream")
