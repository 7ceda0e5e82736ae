"""A task is no thread: it runs on the same loop, and the call in it holds up everyone as before."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.sync_io import read
from app.world import attic

router = APIRouter()
router.get("/read/{id}")(read)


async def make_card(id: int, request: Request) -> dict[str, Any]:
    page = request.app.state.cards.get(f"/cards/{id}").json()
    return {**page, "icon": attic.read(f"{page['kind']}.svg")}


@router.get("/posts/{id}/card")
async def card(id: int, request: Request) -> dict[str, Any]:
    return await asyncio.create_task(make_card(id, request))
