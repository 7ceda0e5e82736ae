"""`def` routes: FastAPI gives each hash one of its forty threads, and a profile waits until one of them is free."""

from fastapi import APIRouter, HTTPException

from app.parts.password_hash import MEMBERS, NOBODY, Credentials, hashes, is_right, make_hash, profile

router = APIRouter()
router.get("/profiles/{name}")(profile)


@router.post("/members", status_code=201)
def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = make_hash(password)
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
def log_in(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    stored = hashes.get(asked.name, NOBODY)
    if not is_right(password, stored) or stored is NOBODY:
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}
