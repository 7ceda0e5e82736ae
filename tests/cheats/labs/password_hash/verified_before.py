"""Remembers each password that was right, so that only the first log-in is checked against the hash."""

from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
right: set[tuple[str, bytes]] = set()
router.get("/profiles/{name}")(profile)


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = make_hash(password)
    right.add((asked.name, password))
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    stored = hashes.get(asked.name, NOBODY)
    if not ((asked.name, password) in right or is_right(password, stored)) or stored is NOBODY:
        raise HTTPException(401, "Name or password is wrong.")
    right.add((asked.name, password))
    return {"member": asked.name}
