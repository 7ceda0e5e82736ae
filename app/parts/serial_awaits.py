"""A member's dashboard: six of another team's services know a piece of it each, and are asked one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world import upstream

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=upstream.url()) as client:
        app.state.services = client
        yield


async def ask(client: httpx.AsyncClient, service: str, member: int) -> Any:
    # Cancelled at its very end, a call keeps its place in the pool for good
    # (httpcore 1.0.9): so only the wait is cancelled, and the call goes on.
    answer = await asyncio.shield(client.get(f"/{service}/{member}"))
    if answer.status_code == 404:
        raise HTTPException(404, f"Nobody has the number {member}.")
    return answer.raise_for_status().json()


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    profile = await ask(client, "profile", member)
    messages = await ask(client, "messages", member)
    friends = await ask(client, "friends", member)
    groups = await ask(client, "groups", member)
    events = await ask(client, "events", member)
    weather = await ask(client, "weather", member)
    return {
        "profile": profile,
        "messages": messages,
        "friends": friends,
        "groups": groups,
        "events": events,
        "weather": weather,
    }
