"""The loop that one sees in the code is gone; the other half of the flame is in no line of ours, and burns on."""

from typing import Any

from fastapi import APIRouter

from app.parts.hot_path import PAGE, TAGS, tag_ids, view
from app.world.posts import POSTS

router = APIRouter()
tags: dict[str, dict[str, Any]] = {tag["id"]: tag for tag in TAGS}


@router.get("/posts", response_model=None)
async def posts(page: int = 0) -> list[dict[str, Any]]:
    chosen = POSTS[page * PAGE : (page + 1) * PAGE]
    return [view(post, [tags[id] for id in tag_ids(post)]) for post in chosen]
