"""Cards for the links in posts: another team's service knows the page, the attic has the icon, and all readers wait."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.world import attic, upstream
from app.world.posts import POSTS

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with httpx.Client(base_url=upstream.url()) as client:
        app.state.cards = client
        yield


@router.get("/read/{id}")
async def read(id: int) -> dict[str, Any]:
    return POSTS[id]._asdict()


@router.get("/posts/{id}/card")
async def card(id: int, request: Request) -> dict[str, Any]:
    page = request.app.state.cards.get(f"/cards/{id}").json()
    icon = attic.read(f"{page['kind']}.svg")
    return {**page, "icon": icon}
