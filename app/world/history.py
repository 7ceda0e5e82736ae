"""The reading history: every post that a member has opened. The database gives it a page at a time, oldest first.

Do not edit it: the rows are the database's, and so is the time that it takes to fetch them.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from app.world import outage
from app.world.posts import POSTS

MEMBERS = 100_000
VISITS = 20_000  # of each member, in ten years
PAGE = 200
EXCERPT = 200  # characters

_FIRST = datetime(2016, 3, 1, 6, 30)


class Visit(NamedTuple):
    """A post that was opened."""

    when: str  # UTC, ISO 8601
    post: int
    title: str
    seconds: int  # until it was closed
    excerpt: str  # what was on the screen then


def page(member: int, number: int) -> list[Visit]:
    """Page `number` of a member's visits, from 0 on, empty after the last one.

    Raises ConnectionError where the database is away.
    """
    if outage.is_on("the history"):
        raise ConnectionError("The database is away.")
    return [_visit(member, index) for index in range(number * PAGE, min((number + 1) * PAGE, VISITS))]


def _visit(member: int, index: int) -> Visit:
    chance = member * 7919 + index * 104_729
    post = POSTS[chance % len(POSTS)]
    when = _FIRST + timedelta(minutes=index * 175 + chance % 175)
    begin = chance % 97
    return Visit(when.isoformat(), post.id, post.title, chance % 240, post.text[begin : begin + EXCERPT])
