"""One thread for all hashes: the loop is free, and the passwords wait in line for a single core, as they did before."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)
hashing = ThreadPoolExecutor(1)


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = await asyncio.get_running_loop().run_in_executor(hashing, make_hash, password)
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    stored = hashes.get(asked.name, NOBODY)
    if not await asyncio.get_running_loop().run_in_executor(hashing, is_right, password, stored) or stored is NOBODY:
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
