"""Unsubscribes each listener after a second, whether or not the reader is still there."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say, stream
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(as_event(message))

    asyncio.get_running_loop().call_later(1, feed.unsubscribe, feed.subscribe(keep))
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream")
