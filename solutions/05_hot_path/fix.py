"""A response model, which pydantic turns into JSON itself, and a dict that knows where each tag is."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from app.parts.hot_path import PAGE, TAGS, tag_ids, view
from app.world.posts import POSTS

router = APIRouter()
tags: dict[str, dict[str, Any]] = {tag["id"]: tag for tag in TAGS}


class Author(BaseModel):
    id: int
    name: str


class Tag(BaseModel):
    id: str
    name: str
    followers: int


class View(BaseModel):
    id: int
    title: str
    teaser: str
    published: datetime
    author: Author
    tags: list[Tag]


@router.get("/posts", response_model=list[View])
async def posts(page: int = 0) -> list[dict[str, Any]]:
    chosen = POSTS[page * PAGE : (page + 1) * PAGE]
    return [view(post, [tags[id] for id in tag_ids(post)]) for post in chosen]
