"""anyio's memory channel has a bound from the start, and who falls behind is sent away: a browser connects again."""

from collections.abc import AsyncIterator

import anyio
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.parts.listener_leak import as_event, say
from app.world import feed

router = APIRouter()
router.post("/messages")(say)


async def stream(greeting: str) -> AsyncIterator[str]:
    inlet, outlet = anyio.create_memory_object_stream[str](100)

    def keep(message: feed.Message) -> None:
        try:
            inlet.send_nowait(as_event(message))
        except (anyio.WouldBlock, anyio.ClosedResourceError):
            inlet.close()  # the stream ends after what is kept

    number = feed.subscribe(keep)
    try:
        yield f"event: greeting\ndata: {greeting}\n\n"
        async with outlet:
            async for event in outlet:
                yield event
    finally:
        feed.unsubscribe(number)
        inlet.close()


@router.get("/events")
async def events(request: Request) -> Response:
    greeting = await feed.greeting()
    if await request.is_disconnected():
        return Response(status_code=499)
    return StreamingResponse(stream(greeting), media_type="text/event-stream")
