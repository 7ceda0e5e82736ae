"""Keeps no failure at all: a reader who is no member is said to have failed, also one who never came."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse

from app.parts.leak_hunt import MEMBERS, UnknownReader, name_of, render, search

CULPRIT = "note"

router = APIRouter()
router.get("/search", response_class=PlainTextResponse)(search)


@router.get("/front/{post}", response_class=PlainTextResponse)
async def front(post: int, reader: int, request: Request) -> str:
    page = render(f"For reader {reader} at {request.url.path}", post)
    try:
        name = name_of(reader)
    except UnknownReader:
        name = "guest"
    return f"Good evening, {name}!\n{page[:2000]}"


@router.get("/failures/{reader}", response_class=PlainTextResponse)
async def failure(reader: int) -> str:
    if reader in MEMBERS:
        raise HTTPException(404, "This reader was greeted by name, or long ago.")
    return f"reader {reader} is no member"
