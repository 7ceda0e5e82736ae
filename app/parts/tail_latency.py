"""The posts that are trending: ranked by their votes, kept for two seconds, then ranked anew for whoever comes."""

import time
from typing import Any

from fastapi import APIRouter

from app.world import votes
from app.world.posts import POSTS
from app.world.votes import Votes

router = APIRouter()

FRESH_S = 2.0


def ranking(votes: Votes) -> dict[str, Any]:
    best = sorted(POSTS, key=lambda post: (-votes.of[post.id], post.id))[:10]
    return {"as_of": votes.as_of, "posts": [{"id": post.id, "votes": votes.of[post.id]} for post in best]}


kept: dict[str, Any] = {"as_of": 0.0}


@router.get("/posts/trending")
async def trending() -> dict[str, Any]:
    global kept
    if time.time() - kept["as_of"] > FRESH_S:
        kept = ranking(await votes.gather())
    return kept
