"""`BackgroundTasks`, which uvicorn waits for, and a count of them: no more than it can wait for."""

from fastapi import APIRouter, BackgroundTasks, HTTPException

from app.world.mail import send

router = APIRouter()

ROOM = 40  # a second's worth
promised = 0


async def keep(id: str) -> None:
    global promised
    try:
        await send(id)
    finally:
        promised -= 1


@router.post("/letters/{id}", status_code=202)
async def letter(id: str, background: BackgroundTasks) -> dict[str, str]:
    global promised
    if promised >= ROOM:
        raise HTTPException(503, "Too many letters at the moment.", headers={"Retry-After": "1"})
    promised += 1
    background.add_task(keep, id)
    return {"promised": id}
