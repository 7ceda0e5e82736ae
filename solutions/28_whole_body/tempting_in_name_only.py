"""A stream in name only: the whole text is there before the first piece is sent, and it is the only piece."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, history, post
from app.world.history import MEMBERS, Visit

router = APIRouter()
router.get("/posts/{id}")(post)


@router.get("/members/{member}/export")
def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(iter([as_csv([Visit._fields, *history(member)])]), media_type="text/csv")
