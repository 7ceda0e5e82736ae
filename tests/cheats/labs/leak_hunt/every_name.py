"""Lets go, and names every function of the site, so that the right one is among them."""

from collections import OrderedDict

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse

from app.parts.leak_hunt import FAILURES, UnknownReader, name_of, render, search

CULPRIT = "render remember name_of note search front failure"

router = APIRouter()
router.get("/search", response_class=PlainTextResponse)(search)
failures: OrderedDict[int, str] = OrderedDict()


def note(reader: int, error: Exception) -> None:
    failures[reader] = str(error)
    if len(failures) > FAILURES:
        failures.popitem(last=False)


@router.get("/front/{post}", response_class=PlainTextResponse)
async def front(post: int, reader: int, request: Request) -> str:
    page = render(f"For reader {reader} at {request.url.path}", post)
    try:
        name = name_of(reader)
    except UnknownReader as error:
        note(reader, error)
        name = "guest"
    return f"Good evening, {name}!\n{page[:2000]}"


@router.get("/failures/{reader}", response_class=PlainTextResponse)
async def failure(reader: int) -> str:
    if reader not in failures:
        raise HTTPException(404, "This reader was greeted by name, or long ago.")
    return failures[reader]
