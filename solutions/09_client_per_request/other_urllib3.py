"""Another library, on another layer: urllib3's pool of kept connections, for plain `def` routes in threads."""

from typing import Any

import urllib3
from fastapi import APIRouter

from app.parts.client_per_request import Comment
from app.world import upstream

router = APIRouter()
pool = urllib3.PoolManager(maxsize=10, timeout=5)  # by itself it would wait for ever


@router.post("/posts/{id}/comments")
def comment(id: int, comment: Comment) -> dict[str, Any]:
    score = pool.request("GET", f"{upstream.url()}/spam/{comment.text}").json()["score"]
    return {"post": id, "spam": score, "accepted": score < 90}
