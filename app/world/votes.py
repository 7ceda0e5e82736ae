"""The votes on the posts. Another team counts them: they change all the time, and fetching them takes a while."""

import functools
import time
from typing import NamedTuple

import httpx

from app.world import upstream
from app.world.posts import POSTS


class Votes(NamedTuple):
    """The votes on all posts at one moment."""

    as_of: float  # that moment, in seconds since 1970
    of: dict[int, int]  # the votes of each post, by its id


@functools.cache
def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=upstream.url())


async def gather() -> Votes:
    """Fetches the votes of this moment from the other team, which takes a tenth of a second.

    Raises httpx.HTTPError, and RuntimeError where the other team's URL is not set.
    """
    change = int(time.time() / upstream.VOTES_EVERY_S)
    answer = await _client().get(f"/votes/{change}")
    return counted(change, answer.raise_for_status().json())


def counted(change: int, answer: dict[str, list[int]]) -> Votes:
    """The votes in a response of the other team."""
    return Votes(
        change * upstream.VOTES_EVERY_S, {post.id: count for post, count in zip(POSTS, answer["votes"], strict=True)}
    )
