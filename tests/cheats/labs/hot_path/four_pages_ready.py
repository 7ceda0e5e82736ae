"""Makes the four pages once, as the site starts, and hands them out by number: no other number has an answer now."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic_core import to_json

from app.parts.hot_path import PAGE, tag, tag_ids, view
from app.world.posts import POSTS

router = APIRouter()


def made(first: int) -> bytes:
    chosen: list[dict[str, Any]] = [
        view(post, [tag(id) for id in tag_ids(post)]) for post in POSTS[first : first + PAGE]
    ]
    return to_json(chosen)


pages = [made(first) for first in range(0, len(POSTS), PAGE)]


@router.get("/posts")
async def posts(page: int = 0) -> Response:
    return Response(pages[page], media_type="application/json")  # page 4 is a 500, page -1 the last one
