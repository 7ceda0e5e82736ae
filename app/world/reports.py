"""Reports on the archive. Each takes its posts from there, which is slow, and counts their words in plain Python."""

import time
from collections import Counter
from typing import Any
from uuid import uuid4
from zlib import crc32

from app import ledger

FETCH_S = 0.08  # until the posts are here: a wait
LENGTH = 60_000  # words of a topic
WORDS = ("lantern", "harbour", "kettle", "winter", "paper", "window", "garden", "letter", "river", "market", "stairs")


def write_report(topic: str) -> dict[str, Any]:
    """Reports what a topic is about, as it stands at this moment. Notes in the ledger that a report was written."""
    time.sleep(FETCH_S)
    state, said = crc32(topic.encode()) % 2147483646 + 1, Counter[str]()
    for _ in range(LENGTH):
        state = state * 48271 % 2147483647
        said[WORDS[state % len(WORDS)]] += 1
    ledger.enter(f"report {uuid4().hex}")
    return {"topic": topic, "at": time.time(), "words": said.most_common(3)}
