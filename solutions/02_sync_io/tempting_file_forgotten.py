"""The call is awaited, and the file is not: files have no `await` of their own, so it is easily overlooked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

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
    return {**page, "icon": attic.read(f"{page['kind']}.svg")}
