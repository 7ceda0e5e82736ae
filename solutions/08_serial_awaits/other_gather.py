"""`gather` is older than groups: it gives the first error as it is, and lets the other calls run on for nobody."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    answers = await asyncio.gather(*(ask(client, service, member) for service in SERVICES))
    return dict(zip(SERVICES, answers, strict=True))
