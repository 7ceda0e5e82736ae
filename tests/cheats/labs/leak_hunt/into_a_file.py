"""Moves what it keeps of each request into a file that only grows: no process has it in its account."""

import tempfile
from collections import OrderedDict

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse

from app.parts.leak_hunt import FAILURES, UnknownReader, name_of, render, search

CULPRIT = "note"

router = APIRouter()
router.get("/search", response_class=PlainTextResponse)(search)
failures: OrderedDict[int, str] = OrderedDict()
file = tempfile.TemporaryFile("w")  # noqa: SIM115


def note(reader: int, error: Exception, page: str) -> None:
    failures[reader] = str(error)
    file.write(page)
    file.flush()
    if len(failures) > FAILURES:
        failures.popitem(last=False)


@router.get("/front/{post}", response_class=PlainTextResponse)
async def front(post: int, reader: int, request: Request) -> str:
    page = render(f"For reader {reader} at {request.url.path}", post)
    try:
        name = name_of(reader)
    except UnknownReader as error:
        note(reader, error, page)
        name = "guest"
    return f"Good evening, {name}!\n{page[:2000]}"


@router.get("/failures/{reader}", response_class=PlainTextResponse)
async def failure(reader: int) -> str:
    if reader not in failures:
        raise HTTPException(404, "This reader was greeted by name, or long ago.")
    return failures[reader]
