"""With `return_exceptions=True` no error comes through: a stranger gets a page with holes in it, and a 200."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.serial_awaits import ask

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@router.get("/dashboard/{member}")
async def dashboard(member: int, request: Request) -> dict[str, Any]:
    client = request.app.state.services
    answers = await asyncio.gather(*(ask(client, service, member) for service in SERVICES), return_exceptions=True)
    return {
        service: None if isinstance(answer, BaseException) else answer
        for service, answer in zip(SERVICES, answers, strict=True)
    }
