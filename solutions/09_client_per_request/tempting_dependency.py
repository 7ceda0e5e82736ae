"""A client from a dependency with `yield`: FastAPI keeps it for one request, and makes another for the next."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends

from app.parts.client_per_request import Comment
from app.world import upstream

router = APIRouter()


async def spam_check() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=upstream.url()) as client:
        yield client


@router.post("/posts/{id}/comments")
async def comment(
    id: int, comment: Comment, client: Annotated[httpx.AsyncClient, Depends(spam_check)]
) -> dict[str, Any]:
    answer = await client.get(f"/spam/{comment.text}")
    score = answer.raise_for_status().json()["score"]
    return {"post": id, "spam": score, "accepted": score < 90}
