"""The votes on the posts, as the database has them: they change all the time, and gathering them takes a while."""

import asyncio
import time
from typing import NamedTuple

from app.posts import POSTS

EVERY_S = 0.25


class Votes(NamedTuple):
    as_of: float  # the moment that they are from, in seconds since 1970
    of: dict[int, int]  # a post's id, and how many it has


def at(as_of: float) -> Votes:
    """The votes as they were at a moment."""
    change = int(as_of / EVERY_S)
    return Votes(change * EVERY_S, {post.id: (post.id * 7919 + change * (31 + post.id % 97)) % 5000 for post in POSTS})


async def gather() -> Votes:
    """Asks the database for the votes of this moment. Its answer takes a twentieth of a second."""
    votes = at(time.time())
    await asyncio.sleep(0.05)
    return votes
