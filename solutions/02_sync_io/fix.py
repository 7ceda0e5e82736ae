"""A client that can be awaited, and a thread for the file: the loop waits for both without standing still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.sync_io import read
from app.world import attic, upstream

router = APIRouter()
router.get("/read/{id}")(read)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=upstream.url()) as client:
        app.state.cards = client
        yield


@router.get("/posts/{id}/card")
async def card(id: int, request: Request) -> dict[str, Any]:
    answer = await request.app.state.cards.get(f"/cards/{id}")
    page = answer.json()
    icon = await anyio.to_thread.run_sync(attic.read, f"{page['kind']}.svg")
    return {**page, "icon": icon}
