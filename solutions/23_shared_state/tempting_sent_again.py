"""One script in Valkey, sent again where the connection breaks: it may have run, and then a search counts twice."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from app.parts.shared_state import LIMIT, WINDOW_S, results

router = APIRouter()
PATIENCE_S = 0.2  # for a free connection, for a new one, and for an answer

ADMIT = """
local time = redis.call('TIME')  -- one clock for all workers
local now_ms = time[1] * 1000 + time[2] / 1000
local limit, window_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local tenth = redis.call('LINDEX', KEYS[1], limit - 1)
if tenth and now_ms - tenth < window_ms then
    return 0
end
redis.call('LPUSH', KEYS[1], now_ms)
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window_ms)  -- no client can die before this line
return 1
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    pool = BlockingConnectionPool.from_url(
        os.environ["REDIS_URL"],
        max_connections=4,
        timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        socket_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[ConnectionError, TimeoutError],
    )
    async with Redis.from_pool(pool) as valkey:
        app.state.admit = valkey.register_script(ADMIT)
        yield


async def admit(request: Request, member: int) -> bool:
    try:
        return bool(await request.app.state.admit([f"searches:{member}"], [LIMIT, int(1000 * WINDOW_S)]))
    except RedisError as error:  # its ConnectionError and TimeoutError are among them
        logging.warning("Member %s searches uncounted: %s", member, error)
        return True  # fail open: it is the lesser harm, for a search


@router.get("/search/{member}")
async def search(member: int, request: Request, q: str) -> dict[str, Any]:
    if not await admit(request, member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
