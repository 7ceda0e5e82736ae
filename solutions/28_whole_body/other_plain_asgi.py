"""Without Starlette's stream: a response that is an ASGI app of its own, and sends page after page."""

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def written(member: int, number: int) -> bytes:
    """One page of the export, the first with headings; b"" after the last one."""
    rows = page(member, number)
    return as_csv([Visit._fields, *rows] if number == 0 else rows).encode()


class Export(Response):
    """A member's export. `send` waits while the client does not read."""

    media_type = "text/csv"

    def __init__(self, member: int) -> None:
        super().__init__()
        self.member = member
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        request, number = Request(scope, receive), 0
        while (body := await run_in_threadpool(written, self.member, number)) and not await request.is_disconnected():
            await send({"type": "http.response.body", "body": body, "more_body": True})
            number += 1
        await send({"type": "http.response.body"})


@router.get("/members/{member}/export")
async def export(member: int) -> Export:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return Export(member)
