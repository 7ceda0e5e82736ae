"""Spares the certificates by no longer checking any: cheap, open to whoever listens in, and a line for each call."""

from typing import Any

import httpx
from fastapi import APIRouter

from app.parts.client_per_request import Comment
from app.world import upstream

router = APIRouter()


@router.post("/posts/{id}/comments")
async def comment(id: int, comment: Comment) -> dict[str, Any]:
    async with httpx.AsyncClient(verify=False) as client:
        answer = await client.get(f"{upstream.url()}/spam/{comment.text}")
    score = answer.raise_for_status().json()["score"]
    return {"post": id, "spam": score, "accepted": score < 90}
