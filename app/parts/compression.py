"""A reader's feed: four hundred kilobytes of JSON, ready in no time, and sent as they are, however slow the line."""

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from app.world.posts import POSTS, Post

router = APIRouter()


def card(post: Post) -> dict[str, Any]:
    """A post as the app shows it, with all that the app might want to know."""
    rng = Random(post.id)
    member = rng.randrange(5000)
    return {
        "id": post.id,
        "title": post.title,
        "text": post.text,
        "author": {"name": f"Member {member}", "avatar": f"/members/{member}/avatar.jpg", "is_followed": False},
        "statistics": {
            "views": rng.randrange(9999),
            "likes": rng.randrange(500),
            "comments": rng.randrange(80),
            "views_by_hour": rng.choices(range(5), (8, 5, 3, 2, 1), k=96),
        },
        "links": {"self": f"/posts/{post.id}", "comments": f"/posts/{post.id}/comments", "share": None},
        "is_bookmarked": False,
    }


# Each card is written as JSON when the site starts. A feed only puts them in a row.
CARDS = [json.dumps(card(post), ensure_ascii=False, separators=(",", ":")) for post in POSTS]
PHOTOS = [Random(f"photo {number}").randbytes(60_000) for number in range(20)]  # as dense as a JPEG's data


@router.get("/feed/{reader}")
async def feed(reader: int) -> Response:
    chosen = Random(reader).choices(CARDS, k=412)
    return Response(f"[{','.join(chosen)}]", media_type="application/json")


@router.get("/card/{number}")
async def one_card(number: int) -> Response:
    return Response(CARDS[number % len(CARDS)], media_type="application/json")


@router.get("/photo/{number}")
async def photo(number: int) -> Response:
    return Response(PHOTOS[number % len(PHOTOS)], media_type="image/jpeg")


async def news() -> AsyncIterator[str]:
    number = 0
    while True:
        yield f"data: {POSTS[number % len(POSTS)].title}\n\n"
        number += 1
        await asyncio.sleep(0.2)


@router.get("/news")
async def listen() -> StreamingResponse:
    return StreamingResponse(news(), media_type="text/event-stream")
