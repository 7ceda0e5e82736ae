"""The front page ranks every post for each visitor: some milliseconds of work, on the one core this process has."""

import html
import socket
from collections import Counter

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp

from app.server import serve as serve_alone
from app.world.posts import POSTS, Post

router = APIRouter()


def ranked(day: int) -> list[Post]:
    """The posts, first those that speak most of what was spoken of lately; the fresher, the more it counts."""
    scores: Counter[Post] = Counter()
    for ago in range(5):
        talk = Counter(word for post in POSTS if post.id % 7 == (day - ago) % 7 for word in post.text.split())
        for post in POSTS:
            scores[post] += sum(talk[word] for word in post.text.split()) * (5 - ago)
    return [post for post, _ in scores.most_common()]


def front_page(day: int) -> str:
    teasers = (f"<article><h2>{html.escape(post.title)}</h2></article>" for post in ranked(day)[:20])
    return f"<main>{''.join(teasers)}</main>"


@router.get("/front", response_class=HTMLResponse)
async def front(day: int = 0) -> str:
    return front_page(day)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves `app` on the listening socket `sock`: one process, however many cores there are."""
    serve_alone(app, sock)
