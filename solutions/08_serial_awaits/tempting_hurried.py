"""Tasks in a group, and a tenth of a second for all of them: a member whose call is a little late has an error."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from app.parts.serial_awaits import ask

router = APIRouter()
PATIENCE_S = 0.1
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    try:
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            tasks = {service: group.create_task(ask(client, service, member)) for service in SERVICES}
    except TimeoutError:
        raise HTTPException(504, "One of the services is late.") from None
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None  # FastAPI answers to an HTTPException, not to a group with one in it
    return {service: task.result() for service, task in tasks.items()}
