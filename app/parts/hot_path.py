"""The list of posts, a page at a time, each with its author and its tags. Every line of it is harmless."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter

from app.world.posts import POSTS, Post

router = APIRouter()

PAGE = 50
TAGS = [{"id": f"t{number:03}", "name": f"tag {number}", "followers": number * 37 % 1000} for number in range(400)]


def tag_ids(post: Post) -> list[str]:
    return [f"t{(post.id * 7 + step * 67) % len(TAGS):03}" for step in range(6)]


def tag(id: str) -> dict[str, Any]:
    return next(tag for tag in TAGS if tag["id"] == id)


def view(post: Post, tags: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": post.id,
        "title": post.title,
        "teaser": post.text[:120],
        "published": datetime(2026, 1, 1) + timedelta(hours=post.id * 5),
        "author": {"id": post.id % 40, "name": f"member {post.id % 40}"},
        "tags": tags,
    }


@router.get("/posts", response_model=None)  # no model: checking every answer would cost time
async def posts(page: int = 0) -> list[dict[str, Any]]:
    chosen = POSTS[page * PAGE : (page + 1) * PAGE]
    return [view(post, [tag(id) for id in tag_ids(post)]) for post in chosen]
