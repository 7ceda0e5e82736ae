"""Letters on request: whoever asks is promised one at once, and it is sent when there is time."""

import asyncio

from fastapi import APIRouter

from app.world.mail import send

router = APIRouter()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str) -> dict[str, str]:
    asyncio.create_task(send(id))  # noqa: RUF006
    return {"promised": id}
