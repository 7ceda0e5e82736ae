"""The site's posts: the same two hundred on every machine, written from a fixed seed.

As in real ones, some words have a quote, a backslash or an accent: who writes JSON by hand must mind them.
"""

from random import Random
from typing import NamedTuple

_WORDS = [
    "garden",
    "bread",
    "river",
    "bicycle",
    "winter",
    "letter",
    "orange",
    "window",
    "summer",
    "kitchen",
    "mountain",
    "paper",
    "music",
    "harbour",
    "lantern",
    "market",
    "forest",
    "ticket",
    "morning",
    "station",
    "pepper",
    "button",
    "island",
    "engine",
    "cotton",
    '"ribbon"',
    "candle",
    "bottle",
    "feather",
    "hammer",
    "basket",
    "pocket",
    "thunder",
    "meadow",
    "and\\or",
    "whistle",
    "anchor",
    "blanket",
    "crème",
    "compass",
]


class Post(NamedTuple):
    """One post of the site."""

    id: int
    title: str
    text: str


def _write(id: int, rng: Random) -> Post:
    words = rng.choices(_WORDS, k=60)
    return Post(id, " ".join(words[:4]).capitalize(), " ".join(words))


_rng = Random(2026)
POSTS = tuple(_write(id, _rng) for id in range(200))
