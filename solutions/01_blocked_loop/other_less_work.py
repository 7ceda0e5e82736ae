"""Does a fraction of the work, and needs no process: a whole row of the table at once, in the bits of one number.

Myers, A fast bit-vector algorithm for approximate string matching, Journal of the ACM 46 (1999), in Hyyrö's form.
"""

from collections import defaultdict
from typing import Any

from fastapi import APIRouter

from app.world.posts import POSTS

router = APIRouter()


def distance(places: dict[str, int], length: int, other: list[str]) -> int:
    """How many words must change. One text is given by the places of its words, a bit for each."""
    full, last = (1 << length) - 1, 1 << (length - 1)
    up, down, apart = full, 0, length
    for word in other:
        same = places.get(word, 0)
        level = (((same & up) + up) ^ up) | same | down
        rise, fall = down | ~(level | up) & full, up & level
        apart += bool(rise & last) - bool(fall & last)
        rise, fall = (rise << 1 | 1) & full, fall << 1 & full
        up, down = fall | ~((same | down) | rise) & full, rise & (same | down)
    return apart


def most_alike(id: int) -> dict[str, Any]:
    text = POSTS[id].text.split()
    places: dict[str, int] = defaultdict(int)
    for place, word in enumerate(text):
        places[word] |= 1 << place
    others = (POSTS[(id + step) % len(POSTS)] for step in range(1, 101))
    apart, closest = min((distance(places, len(text), other.text.split()), other.id) for other in others)
    return {"post": id, "closest": closest, "words_apart": apart}


@router.get("/compute")
async def compute(post: int) -> dict[str, Any]:
    return most_alike(post)
