"""Asks all six at once, and takes whatever fails for a number that is nobody's: an outage of one answers 404."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {service: group.create_task(ask(client, service, member)) for service in SERVICES}
    except ExceptionGroup:
        raise HTTPException(404, f"Nobody has the number {member}.") from None
    return {service: task.result() for service, task in tasks.items()}
