"""Ten small counters a second, the oldest of the window counted whole: less memory, and a little too strict."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from app.parts.shared_state import LIMIT, WINDOW_S, results

router = APIRouter()
PATIENCE_S = 0.2  # for a free connection, for a new one, and for an answer

ADMIT = """
local time = redis.call('TIME')
local bucket = math.floor((time[1] * 1000000 + time[2]) * 10 / ARGV[2])
local count = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if tonumber(field) < bucket - 10 then
        redis.call('HDEL', KEYS[1], field)
    else
        count = count + redis.call('HGET', KEYS[1], field)
    end
end
if count >= tonumber(ARGV[1]) then
    return 0
end
redis.call('HINCRBY', KEYS[1], string.format('%d', bucket), 1)
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2] / 1000)
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
    )
    async with Redis.from_pool(pool) as valkey:
        app.state.admit = valkey.register_script(ADMIT)
        yield


async def admit(request: Request, member: int) -> bool:
    try:
        return bool(await request.app.state.admit([f"searches:{member}"], [LIMIT, int(1_000_000 * WINDOW_S)]))
    except RedisError as error:  # its ConnectionError and TimeoutError are among them
        logging.warning("Member %s searches uncounted: %s", member, error)
        return True  # fail open: it is the lesser harm, for a search


@router.get("/search/{member}")
async def search(member: int, request: Request, q: str) -> dict[str, Any]:
    if not await admit(request, member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
