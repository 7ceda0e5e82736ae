"""A task of its own for each hash: a task runs on the same loop, and holds it for as long as the hash takes."""

import asyncio

from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)


async def make_hash_in_task(password: bytes) -> bytes:
    return make_hash(password)


async def is_right_in_task(password: bytes, stored: bytes) -> bool:
    return is_right(password, stored)


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = await asyncio.create_task(make_hash_in_task(password))
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    stored = hashes.get(asked.name, NOBODY)
    if not await asyncio.create_task(is_right_in_task(password, stored)) or stored is NOBODY:
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
