"""The code as it is, in threads of its own: nobody has to write it anew to get it off the loop."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
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
    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=upstream.url()) as client:
        app.state.threads, app.state.cards = pool, client
        yield


def make_card(client: httpx.Client, id: int) -> dict[str, Any]:
    page = client.get(f"/cards/{id}").json()
    return {**page, "icon": attic.read(f"{page['kind']}.svg")}


@router.get("/posts/{id}/card")
async def card(id: int, request: Request) -> dict[str, Any]:
    state = request.app.state
    return await asyncio.get_running_loop().run_in_executor(state.threads, make_card, state.cards, id)
