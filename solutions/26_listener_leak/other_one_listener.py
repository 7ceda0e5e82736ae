"""One listener for the whole site: it keeps the last messages, and each stream only remembers how far it has come."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)
latest: deque[str] = deque(maxlen=100)
published = 0
news = asyncio.Event()


def keep(message: feed.Message) -> None:
    global published, news
    latest.append(as_event(message))
    published += 1
    news.set()
    news = asyncio.Event()  # the next wait is for the next message


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    number = feed.subscribe(keep)
    yield
    feed.unsubscribe(number)


async def stream(greeting: str) -> AsyncIterator[str]:
    seen = published
    yield f"event: greeting\ndata: {greeting}\n\n"
    while True:
        while seen < published:
            seen = max(seen, published - len(latest))
            event = latest[seen - published]
            seen += 1
            yield event
        await news.wait()


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(greeting), media_type="text/event-stream")
