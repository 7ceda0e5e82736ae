"""A sorted set for each member, in one transaction. Without Valkey it is closed: a 503 that says when to come again."""

import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from app.parts.shared_state import LIMIT, WINDOW_S, results

router = APIRouter()
PATIENCE_S = 0.2  # for a free connection, for a new one, and for an answer


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    pool = BlockingConnectionPool.from_url(
        os.environ["REDIS_URL"],
        max_connections=4,
        timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        socket_timeout=PATIENCE_S,
    )
    async with Redis.from_pool(pool) as app.state.valkey:
        yield


async def admit(valkey: Redis, member: int) -> bool:
    key, search, now = f"searches:{member}", uuid.uuid4().hex, time.time()
    async with valkey.pipeline(transaction=True) as steps:
        steps.zremrangebyscore(key, 0, now - WINDOW_S)
        steps.zadd(key, {search: now})
        steps.zcard(key)
        steps.pexpire(key, int(2000 * WINDOW_S))
        _, _, count, _ = await steps.execute()
    if count > LIMIT:
        await valkey.zrem(key, search)  # until then, it counts: too many at once are refused rather than let in
    return bool(count <= LIMIT)


@router.get("/search/{member}")
async def search(member: int, request: Request, q: str) -> dict[str, Any]:
    try:
        admitted = await admit(request.app.state.valkey, member)
    except RedisError:
        raise HTTPException(503, "We cannot count searches now.", {"Retry-After": "1"}) from None
    if not admitted:
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
