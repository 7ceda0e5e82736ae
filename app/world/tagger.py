"""The model that suggests tags. It loads in some two seconds, more or less with each release; a larger one in more."""

import os
import time
from collections import Counter
from random import Random

from app import ledger
from app.base import RELEASE
from app.world.posts import POSTS

LOAD_S = (1.7, 2.1)
LARGER_LOAD_S = (4.6, 5.0)


class Tagger:
    """Knows how common each word is, and suggests the rarest ones of a draft."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts

    def suggest(self, text: str) -> list[str]:
        """Three tags at most, the rarest first."""
        known = sorted({word for word in text.split() if word in self.counts})
        return sorted(known, key=lambda word: self.counts[word])[:3]


def load() -> Tagger:
    """Loads the model of this release. The wait stands for a disk, so that it costs no core."""
    time.sleep(Random(RELEASE).uniform(*(LARGER_LOAD_S if RELEASE.startswith("larger") else LOAD_S)))
    ledger.enter(f"tagger of {RELEASE} in {os.getpid()}")  # so that the lab can tell who left it out
    return Tagger(Counter(word for post in POSTS for word in post.text.split()))
