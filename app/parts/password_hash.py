"""Sign up and log in: bcrypt makes a password expensive to guess, and it does so on the event loop."""

import bcrypt
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from app.world.posts import POSTS

router = APIRouter()

COST = 8  # 2 ** COST rounds. A real site takes 10 or more; a lab takes less, and has enough answers to compare
LONGEST = 72  # bytes of a password: bcrypt can use no more

MEMBERS = {  # the hash holds scheme, cost and salt, so that it is all a site must store
    "tilda": b"$2b$08$abcdefghijklmnopqrstuu7tqz7e9TVx7cyrgCUu7HqqBu5iF8MQW",
    "mira": b"$2b$08$bcdefghijklmnopqrstuvu0C8dmXrVSRU/pIvtoHCAcUttG9xYTZK",
    "jonas": b"$2b$08$cdefghijklmnopqrstuvwuee0gAyYDOgbN1O2lJk6hnFdJ7qYG5UO",
    "ada": b"$2b$08$defghijklmnopqrstuvwxu9bqLOj8lVYwXnPFRnY6d7Er6w2LSf/y",
}
NOBODY = b"$2b$08$efghijklmnopqrstuvwxyu.beUVrFr3OlyiyYSD3OqnsA07szFYJi"  # what an unknown name is checked against
hashes = dict(MEMBERS)  # and of each new member. The last sign-up counts, until a name is confirmed by mail


class Credentials(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    password: str

    def in_bytes(self) -> bytes:
        """The password as bcrypt takes it. Raises HTTPException 422 where it is too long."""
        password = self.password.encode()
        if len(password) > LONGEST:
            raise HTTPException(422, f"A password may have up to {LONGEST} bytes, and this one has {len(password)}.")
        return password


def make_hash(password: bytes) -> bytes:
    return bcrypt.hashpw(password, bcrypt.gensalt(COST))


def is_right(password: bytes, stored: bytes) -> bool:
    return bcrypt.checkpw(password, stored)


@router.post("/members", status_code=201)
async def sign_up(asked: Credentials) -> dict[str, str]:
    password = asked.in_bytes()
    if asked.name in MEMBERS:
        raise HTTPException(409, "There is a member of this name.")
    hashes[asked.name] = make_hash(password)
    return {"member": asked.name, "hash": hashes[asked.name][:7].decode()}


@router.post("/sessions")
async def log_in(asked: Credentials) -> dict[str, str]:
    stored = hashes.get(asked.name, NOBODY)  # an unknown name takes as long as a known one
    if not is_right(asked.in_bytes(), stored) or stored is NOBODY:
        raise HTTPException(401, "Name or password is wrong.")
    return {"member": asked.name}


@router.get("/profiles/{name}")
def profile(name: str) -> dict[str, str | list[str]]:
    if name not in MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return {"member": name, "posts": [post.title for post in POSTS[len(name) % 7 :: 200]]}
