"""A dependency that hands out the same client to everybody: it is made when the first comment comes, and then kept."""

from functools import cache
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends

from app.parts.client_per_request import Comment
from app.world import upstream

router = APIRouter()


@cache
def spam_check() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=upstream.url())


@router.post("/posts/{id}/comments")
async def comment(
    id: int, comment: Comment, client: Annotated[httpx.AsyncClient, Depends(spam_check)]
) -> dict[str, Any]:
    answer = await client.get(f"/spam/{comment.text}")
    score = answer.raise_for_status().json()["score"]
    return {"post": id, "spam": score, "accepted": score < 90}
