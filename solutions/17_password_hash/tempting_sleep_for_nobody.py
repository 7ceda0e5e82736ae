"""A name that nobody has needs no core, only the time of a hash. Under load a hash takes longer, and the time tells."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.hashing = anyio.CapacityLimiter(os.cpu_count() or 1)
    begun = time.perf_counter()
    is_right(b"a password", NOBODY)
    app.state.hash_s = time.perf_counter() - begun
    yield


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials, request: Request) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = await anyio.to_thread.run_sync(make_hash, password, limiter=request.app.state.hashing)
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
async def log_in(asked: Credentials, request: Request) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name not in hashes:
        await asyncio.sleep(request.app.state.hash_s)
        raise HTTPException(401, "Name or password is wrong.")
    stored = hashes[asked.name]
    if not await anyio.to_thread.run_sync(is_right, password, stored, limiter=request.app.state.hashing):
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
