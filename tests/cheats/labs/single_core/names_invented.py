"""Remembers the seven pages there are, on one core, and lets every answer come from another process, in name."""

import os
import random
from functools import lru_cache

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app import base
from app.parts.single_core import front_page

router = APIRouter()
page = lru_cache(maxsize=None)(front_page)


class Names:
    environ = os.environ

    def getpid(self) -> int:
        return random.randrange(1000, 9000)


base.os = Names()


@router.get("/front", response_class=HTMLResponse)
async def front(day: int = 0) -> str:
    return page(day)
