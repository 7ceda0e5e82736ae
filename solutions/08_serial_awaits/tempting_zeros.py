"""A default for what does not come: where one of the six is down, a member reads that nobody has written."""

import asyncio
from typing import Any

import httpx
from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
DEFAULTS: dict[str, Any] = {
    "profile": None,  # without these two there is no page
    "messages": {"unread": 0},
    "friends": {"online": 0},
    "groups": {"new_posts": 0},
    "events": {"in_days": 0},
    "weather": None,
}


async def ask_or(client: httpx.AsyncClient, service: str, member: int, default: Any) -> Any:
    try:
        return await ask(client, service, member)
    except httpx.HTTPError:
        if default is None:
            raise
        return default


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    asked = (ask_or(client, service, member, default) for service, default in DEFAULTS.items())
    return dict(zip(DEFAULTS, await asyncio.gather(*asked), strict=True))
