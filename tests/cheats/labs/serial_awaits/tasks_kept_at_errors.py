"""Keeps a reference to each task, and drops it only when all went well: a failed call leaves six tasks for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world import upstream

router = APIRouter()

SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")

# The loop has only weak references to its tasks: keep strong ones until they are done.
under_way: set[asyncio.Task[Any]] = set()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=upstream.url()) as client:
        app.state.services = client
        yield


async def ask(client: httpx.AsyncClient, service: str, member: int) -> Any:
    answer = await client.get(f"/{service}/{member}")
    if answer.status_code == 404:
        raise HTTPException(404, f"Nobody has the number {member}.")
    return answer.raise_for_status().json()


async def all_of(client: httpx.AsyncClient, member: int) -> dict[str, Any]:
    tasks = {service: asyncio.create_task(ask(client, service, member)) for service in SERVICES}
    under_way.update(tasks.values())
    try:
        answers = await asyncio.gather(*tasks.values())
    except BaseException:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        raise
    under_way.difference_update(tasks.values())
    return dict(zip(tasks, answers, strict=True))


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    return await all_of(request.app.state.services, member)
