"""First the profile, to see whether there is such a member, then the rest: five wait for what they do not need."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    profile = await ask(client, SERVICES[0], member)
    others = await asyncio.gather(*(ask(client, service, member) for service in SERVICES[1:]))
    return dict(zip(SERVICES, (profile, *others), strict=True))
