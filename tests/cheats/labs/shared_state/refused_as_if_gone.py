"""Half the limit for each worker, and a 503 in place of a 429, as a site may say while it cannot count."""

import time
from collections import defaultdict, deque
from typing import Any

from fastapi import APIRouter, HTTPException

from app.parts.shared_state import LIMIT, WINDOW_S, results

router = APIRouter()
SHARE = LIMIT // 2  # of each worker
searches: defaultdict[int, deque[float]] = defaultdict(lambda: deque(maxlen=SHARE))


def admit(member: int) -> bool:
    now, times = time.monotonic(), searches[member]
    if len(times) == SHARE and now - times[0] < WINDOW_S:
        return False
    times.append(now)
    return True


@router.get("/search/{member}")
async def search(member: int, q: str) -> dict[str, Any]:
    if not admit(member):
        raise HTTPException(503, "We cannot count searches now.", {"Retry-After": "1"})
    return results(q)
