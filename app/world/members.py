"""The members' database: quick, and through a driver that blocks.

Do not edit it: no fix makes another team's database faster.
"""

import time
from typing import Any

from app.world import outage
from app.world.posts import POSTS


def card(id: int) -> dict[str, Any]:
    """The card of a member. Blocks the caller's thread for some milliseconds. Raises ConnectionError if it is away."""
    if outage.is_on("the members' database"):
        raise ConnectionError("The database is away.")
    time.sleep(0.006)
    return {"member": id, "posts": [post.title for post in POSTS[id % 20 :: 20]]}
