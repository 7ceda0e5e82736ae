"""Loads its script once, at the start: a Valkey that was started again does not know it, so each counts alone."""

import os
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cachetools import TTLCache
from fastapi import APIRouter, FastAPI, HTTPException, Request
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.parts.shared_state import LIMIT, WINDOW_S, results

router = APIRouter()

TIMEOUT_S = 0.1
ADMIT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[2])
local tenth = redis.call('LINDEX', KEYS[1], ARGV[1] - 1)
if tenth and now - tonumber(tenth) < window then
    return 0
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return 1
"""

local: TTLCache[int, deque[float]] = TTLCache(10_000, ttl=60)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    valkey = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    app.state.valkey = valkey
    app.state.admit = await valkey.script_load(ADMIT)
    app.state.ask_again = 0.0
    yield
    await valkey.aclose()


def admit_locally(member: int) -> bool:
    """The counter does not answer: better a rough limit than no search."""
    now, times = time.monotonic(), local.setdefault(member, deque(maxlen=LIMIT))
    if len(times) == LIMIT and now - times[0] < WINDOW_S:
        return False
    times.append(now)
    return True


async def admit(state: Any, member: int) -> bool:
    if time.monotonic() < state.ask_again:
        return admit_locally(member)
    try:
        return bool(await state.valkey.evalsha(state.admit, 1, f"searches:{member}", LIMIT, int(WINDOW_S * 1e6)))
    except (RedisError, OSError, TimeoutError):
        state.ask_again = time.monotonic() + 0.5
        return admit_locally(member)


@router.get("/search/{member}")
async def search(member: int, q: str, request: Request) -> dict[str, Any]:
    if not await admit(request.app.state, member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
