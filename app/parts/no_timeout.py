"""A start page with what another team suggests, and comments that a third looks at for spam: no call has a limit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from app.world import upstream
from app.world.posts import POSTS

router = APIRouter()
NEWEST = [post.title for post in POSTS[:5]]


class Comment(BaseModel):
    text: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One client for all calls, with twenty connections: that many the other teams allow us. The library's limit of five
    # seconds was too short for the yearly export.
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=None) as app.state.neighbours:
        yield


async def ask(request: Request, question: str) -> Any:
    answer: httpx.Response = await request.app.state.neighbours.get(question)
    return answer.raise_for_status().json()


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    suggested = await ask(request, f"/suggestions/{member}")
    return {"newest": NEWEST, "suggestions": suggested["posts"]}


@router.post("/comments")
async def comment(comment: Comment, request: Request) -> dict[str, bool]:
    spam = await ask(request, f"/spam/{comment.text}")
    return {"accepted": spam["score"] < 90}
