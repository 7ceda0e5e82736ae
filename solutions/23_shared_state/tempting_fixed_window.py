"""INCR and EXPIRE as one step, in a window that begins with the first search: twice the limit at its turn."""

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
        async with request.app.state.valkey.pipeline(transaction=True) as steps:
            steps.incr(f"searches:{member}")
            steps.pexpire(f"searches:{member}", int(1000 * WINDOW_S), nx=True)
            count, _ = await steps.execute()
        return bool(count <= LIMIT)
    except RedisError as error:  # its ConnectionError and TimeoutError are among them
        logging.warning("Member %s searches uncounted: %s", member, error)
        return True  # fail open: it is the lesser harm, for a search


@router.get("/search/{member}")
async def search(member: int, request: Request, q: str) -> dict[str, Any]:
    if not await admit(request, member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
