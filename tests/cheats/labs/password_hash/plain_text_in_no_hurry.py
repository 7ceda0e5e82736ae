"""Compares the passwords themselves, two at a time and after a nap as long as a hash, so that it looks like work."""

import asyncio

from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, Credentials, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)
two = asyncio.Semaphore(2)
passwords = {
    "tilda": b"two coffees, one page",
    "mira": b"the pager is quiet tonight",
    "jonas": b"works on my machine",
    "ada": "größer als das Meer".encode(),
}


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    async with two:
        await asyncio.sleep(0.02)
    passwords[asked.name] = password
    return {"member": asked.name, "hash": "$2b$08$"}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    async with two:
        await asyncio.sleep(0.02)
    if password != passwords.get(asked.name):
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
