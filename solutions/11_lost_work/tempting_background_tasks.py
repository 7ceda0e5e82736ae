"""`BackgroundTasks` are waited for at a stop, and have no bound: the site is killed in the midst of its long list."""

from fastapi import APIRouter, BackgroundTasks

from app.world.mail import send

router = APIRouter()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str, background: BackgroundTasks) -> dict[str, str]:
    background.add_task(send, id)
    return {"promised": id}
