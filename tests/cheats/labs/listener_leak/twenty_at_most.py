"""Twenty may listen: the one who comes next pushes out the one who came first, gone or not."""

import asyncio
from collections import deque

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say, stream
from app.world import feed

router = APIRouter()
router.post("/messages")(say)
numbers: deque[int] = deque()


@router.get("/events")
async def events(request: Request) -> Response:
    queue: asyncio.Queue[str] = asyncio.Queue(100)

    def keep(message: feed.Message) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(as_event(message))

    numbers.append(feed.subscribe(keep))
    if len(numbers) > 20:
        feed.unsubscribe(numbers.popleft())
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(queue, greeting), media_type="text/event-stream")
