"""bcrypt releases the GIL: threads will do, as many as cores, and counted by a limiter of their own."""

import os
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
    stored = hashes.get(asked.name, NOBODY)  # an unknown name takes as long as a known one
    if (
        not await anyio.to_thread.run_sync(is_right, password, stored, limiter=request.app.state.hashing)
        or stored is NOBODY
    ):
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
