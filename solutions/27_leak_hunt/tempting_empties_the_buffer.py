"""Takes the wrong one for the leak: a buffer that fills and stays. It is emptied now, and memory grows as before."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.leak_hunt import failure, front, render

CULPRIT = "remember"

router = APIRouter()
router.get("/front/{post}", response_class=PlainTextResponse)(front)
router.get("/failures/{reader}", response_class=PlainTextResponse)(failure)


@router.get("/search", response_class=PlainTextResponse)
async def search(q: str) -> str:
    return render(f"Results for {q}", len(q))[:2000]
