"""A client at the top of the module. It opens no connection before its first call, so that even a fork does no harm."""

from typing import Any

import httpx
from fastapi import APIRouter

from app.parts.client_per_request import Comment
from app.world import upstream

router = APIRouter()
client = httpx.AsyncClient()


@router.post("/posts/{id}/comments")
async def comment(id: int, comment: Comment) -> dict[str, Any]:
    answer = await client.get(f"{upstream.url()}/spam/{comment.text}")
    score = answer.raise_for_status().json()["score"]
    return {"post": id, "spam": score, "accepted": score < 90}
