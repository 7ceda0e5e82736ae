"""The tasks are kept in a set, so that none is collected as garbage. At a stop they are cancelled, all the same."""

import asyncio

from fastapi import APIRouter

from app.world.mail import send

router = APIRouter()
tasks: set[asyncio.Task[None]] = set()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str) -> dict[str, str]:
    task = asyncio.create_task(send(id))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return {"promised": id}
