"""A reader without a name is nothing exceptional: `dict.get`, and where there is no exception, none is kept."""

from collections import OrderedDict

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse

from app.parts.leak_hunt import FAILURES, MEMBERS, render, search

CULPRIT = "note"

router = APIRouter()
router.get("/search", response_class=PlainTextResponse)(search)
failures: OrderedDict[int, str] = OrderedDict()


def note(reader: int) -> None:
    failures[reader] = f"reader {reader} is no member"
    if len(failures) > FAILURES:
        failures.popitem(last=False)


@router.get("/front/{post}", response_class=PlainTextResponse)
async def front(post: int, reader: int, request: Request) -> str:
    page = render(f"For reader {reader} at {request.url.path}", post)
    name = MEMBERS.get(reader)
    if name is None:
        note(reader)
        name = "guest"
    return f"Good evening, {name}!\n{page[:2000]}"


@router.get("/failures/{reader}", response_class=PlainTextResponse)
async def failure(reader: int) -> str:
    if reader not in failures:
        raise HTTPException(404, "This reader was greeted by name, or long ago.")
    return failures[reader]
