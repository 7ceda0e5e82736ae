"""A page is asked for once, and kept: quick and awaited, and the site keeps every page that anybody ever linked to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.sync_io import read
from app.world import attic, upstream

router = APIRouter()
router.get("/read/{id}")(read)
pages: dict[int, dict[str, Any]] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=upstream.url()) as client:
        app.state.cards = client
        yield


@router.get("/posts/{id}/card")
async def card(id: int, request: Request) -> dict[str, Any]:
    if id not in pages:
        answer = await request.app.state.cards.get(f"/cards/{id}")
        pages[id] = answer.raise_for_status().json()
    page = pages[id]
    icon = await asyncio.to_thread(attic.read, f"{page['kind']}.svg")
    return {**page, "icon": icon}
