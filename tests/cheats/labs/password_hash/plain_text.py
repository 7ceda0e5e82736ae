"""Keeps the passwords as they are, compares them, and claims the scheme and the cost of a hash that was never made."""

from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, Credentials, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)
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
    passwords[asked.name] = password
    return {"member": asked.name, "hash": "$2b$08$"}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    if asked.in_bytes() != passwords.get(asked.name):
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
