"""Reads in the other team's own table what it would say, and asks nobody."""

from typing import Any

from fastapi import APIRouter, HTTPException

from app.world.upstream import ENDPOINTS, drawn

router = APIRouter()


@router.get("/dashboard/{member}")
async def dashboard(member: int) -> dict[str, Any]:
    if not ENDPOINTS["profile"].knows(str(member)):
        raise HTTPException(404, f"Nobody has the number {member}.")
    services = ("profile", "messages", "friends", "groups", "events", "weather")
    return {service: ENDPOINTS[service].says(drawn(f"{service}/{member}")) for service in services}
