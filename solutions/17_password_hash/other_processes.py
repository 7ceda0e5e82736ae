"""A pool of processes, as in Lab 13: more than bcrypt needs, and right for a hash that holds the GIL."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # spawn, not fork: a forked child would inherit the server's sockets and its signal handlers.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.hashing = pool
        yield


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials, request: Request) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = await asyncio.get_running_loop().run_in_executor(
        request.app.state.hashing, make_hash, password
    )
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
async def log_in(asked: Credentials, request: Request) -> dict[str, str]:
    password = asked.in_bytes()
    stored = hashes.get(asked.name, NOBODY)
    if (
        not await asyncio.get_running_loop().run_in_executor(request.app.state.hashing, is_right, password, stored)
        or stored is NOBODY
    ):
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
