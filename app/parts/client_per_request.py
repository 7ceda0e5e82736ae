"""Comments, each looked at for spam by another team. The call is written as people first learn to write one."""

from typing import Any

import httpx
from fastapi import APIRouter
from pydantic import BaseModel

from app.world import upstream

router = APIRouter()


class Comment(BaseModel):
    text: str


async def spam_score(text: str) -> int:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{upstream.url()}/spam/{text}")
    score: int = answer.raise_for_status().json()["score"]
    return score


@router.post("/posts/{id}/comments")
async def comment(id: int, comment: Comment) -> dict[str, Any]:
    score = await spam_score(comment.text)
    return {"post": id, "spam": score, "accepted": score < 90}
