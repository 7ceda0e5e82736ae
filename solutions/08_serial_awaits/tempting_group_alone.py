"""A group raises a group: FastAPI does not find the 404 in it, and answers 500."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    async with asyncio.TaskGroup() as group:
        tasks = {service: group.create_task(ask(client, service, member)) for service in SERVICES}
    return {service: task.result() for service, task in tasks.items()}
