"""Six tasks that are awaited one after the other: where the first fails, what the others raise is nobody's."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    tasks = {service: asyncio.create_task(ask(client, service, member)) for service in SERVICES}
    return {service: await task for service, task in tasks.items()}
