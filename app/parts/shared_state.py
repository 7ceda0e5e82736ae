"""Members search the posts, ten times a second at most. The site has two workers, and each keeps a count of its own."""

import socket
import time
from collections import defaultdict, deque
from typing import Any

import uvicorn
from fastapi import APIRouter, HTTPException
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.world.posts import POSTS

router = APIRouter()
LIMIT, WINDOW_S = 10, 1.0
searches: defaultdict[int, deque[float]] = defaultdict(lambda: deque(maxlen=LIMIT))


def admit(member: int) -> bool:
    """Whether the tenth search before this one is a second ago: if so, this one goes into the list."""
    now, times = time.monotonic(), searches[member]
    if len(times) == LIMIT and now - times[0] < WINDOW_S:
        return False
    times.append(now)
    return True


def results(q: str) -> dict[str, Any]:
    return {"query": q, "found": [post.title for post in POSTS if q in post.text][:5]}


@router.get("/search/{member}")
async def search(member: int, q: str) -> dict[str, Any]:
    if not admit(member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves on the listening socket `sock` with two workers, which load the app by its import string."""
    Multiprocess(uvicorn.Config("app.asgi:app", workers=2, log_level="warning"), sockets=[sock]).run()
