"""Looks first and writes afterwards, in two round trips: between them the other worker has looked as well."""

import logging
import os
import time
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


async def admit(request: Request, member: int) -> bool:
    try:
        valkey, key, now = request.app.state.valkey, f"searches:{member}", time.time()
        tenth = await valkey.lindex(key, LIMIT - 1)
        if tenth and now - float(tenth) < WINDOW_S:
            return False
        async with valkey.pipeline(transaction=True) as steps:
            steps.lpush(key, now).ltrim(key, 0, LIMIT - 1).expire(key, 1)
            await steps.execute()
        return True
    except RedisError as error:  # its ConnectionError and TimeoutError are among them
        logging.warning("Member %s searches uncounted: %s", member, error)
        return True  # fail open: it is the lesser harm, for a search


@router.get("/search/{member}")
async def search(member: int, request: Request, q: str) -> dict[str, Any]:
    if not await admit(request, member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
