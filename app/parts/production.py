"""The site as it went live: one process, all work on its event loop, and a cache that keeps what it can never use."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from app.parts.blocked_loop import distance
from app.world.posts import POSTS

router = APIRouter()


class Application(BaseModel):
    name: str
    password: str


def fingerprint(name: str, password: str) -> str:
    """A slow hash, as passwords need: about twenty milliseconds of one core."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), name.encode(), 80_000).hex()


def related_to(id: int) -> list[int]:
    """The three posts most like this one, of the thirty before it. Pure Python, about twenty milliseconds."""
    text = POSTS[id].text.split()
    others = (POSTS[id - step] for step in range(1, 31))
    return [other for _, other in sorted((distance(text, other.text.split()), other.id) for other in others)[:3]]


def render(id: int) -> str:
    """A post with its whole thread: some 60 KiB."""
    thread = "".join(f"<p>{POSTS[id - step].text}</p>" for step in range(140))
    return f"<h1>{POSTS[id].title}</h1>{thread}"


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    return {"member": application.name, "fingerprint": fingerprint(application.name, application.password)}


@router.get("/related")
async def related(post: int) -> dict[str, Any]:
    return {"post": post, "related": related_to(post)}


pages: dict[str, str] = {}


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int, request: Request) -> str:
    key = str(request.url)  # with ?from=..., which is new for every visitor
    if key not in pages:
        pages[key] = render(id)
    return pages[key]
