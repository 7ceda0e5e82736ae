"""A card without a thread, and without the database: it waits as long as that takes, and knows what it would say."""

import asyncio
from typing import Any

from fastapi import APIRouter

from app.parts.thread_starvation import report
from app.world.posts import POSTS

router = APIRouter()
router.get("/reports/monthly/{id}")(report)


@router.get("/members/{id}")
async def member(id: int) -> dict[str, Any]:
    await asyncio.sleep(0.006)
    return {"member": id, "posts": [post.title for post in POSTS[id % 20 :: 20]]}
