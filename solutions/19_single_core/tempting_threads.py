"""`def` instead of `async def` runs the page in one of forty threads. They all wait for the same GIL."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.parts.single_core import front_page

router = APIRouter()


@router.get("/front", response_class=HTMLResponse)
def front(day: int = 0) -> str:
    return front_page(day)
