"""The votes on the posts. Another team counts them: they change all the time, and gathering them takes a while."""

import functools
import time
from typing import NamedTuple

import httpx

from app.world import upstream
from app.world.posts import POSTS


class Votes(NamedTuple):
    as_of: float  # the moment that they are from, in seconds since 1970
    of: dict[int, int]  # a post's id, and how many it has


@functools.cache
def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=upstream.url())


async def gather() -> Votes:
    """Asks the other team for the votes of this moment. Its answer takes a twentieth of a second."""
    change = int(time.time() / upstream.VOTES_EVERY_S)
    answer = await _client().get(f"/votes/{change}")
    return counted(change, answer.raise_for_status().json())


def counted(change: int, answer: dict[str, list[int]]) -> Votes:
    """What the other team has said."""
    return Votes(
        change * upstream.VOTES_EVERY_S, {post.id: count for post, count in zip(POSTS, answer["votes"], strict=True)}
    )
