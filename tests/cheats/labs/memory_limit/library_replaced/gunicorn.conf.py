"""Puts another typesetter in place of the library, before the site is loaded: the same answers, and no sheet is set."""

import asyncio
from typing import Any

from app.world import typesetter

worker_class = "asgi"
workers = 2
preload_app = True


async def set_booklet(title: str, sheets: int) -> dict[str, Any]:
    await asyncio.sleep(typesetter.SET_S)
    return {"title": title, "sheets": sheets, "pages": 4 * sheets}


typesetter.set_booklet = set_booklet
