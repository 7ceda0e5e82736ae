"""Promises half as many again as can be on their way, and waits for none: the server's own last tenth saves most."""

import asyncio

from fastapi import APIRouter, HTTPException

from app.world.mail import send

router = APIRouter()
under_way: set[asyncio.Task[None]] = set()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str) -> dict[str, str]:
    if len(under_way) >= 6:
        raise HTTPException(503, "Too many letters at the moment.", headers={"Retry-After": "1"})
    task = asyncio.create_task(send(id))
    under_way.add(task)
    task.add_done_callback(under_way.discard)
    return {"promised": id}
