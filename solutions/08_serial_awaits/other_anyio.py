"""AnyIO's task group, and an `except*` that keeps the error for later: raised in there, it would be a group again."""

from typing import Any

import anyio
import httpx
from fastapi import APIRouter, HTTPException, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client: httpx.AsyncClient = request.app.state.services
    page: dict[str, Any] = dict.fromkeys(SERVICES)
    error: Exception | None = None

    async def fill_in(service: str) -> None:
        page[service] = await ask(client, service, member)

    try:
        async with anyio.create_task_group() as group:
            for service in SERVICES:
                group.start_soon(fill_in, service)
    except* HTTPException as failed:
        error = failed.exceptions[0]
    if error:
        raise error
    return page
