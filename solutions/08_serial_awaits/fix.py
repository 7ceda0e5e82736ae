"""All six are asked at once, and the page is there with the last answer. One error ends the rest, and comes through."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {service: group.create_task(ask(client, service, member)) for service in SERVICES}
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None  # FastAPI answers to an HTTPException, not to a group with one in it
    return {service: task.result() for service, task in tasks.items()}
