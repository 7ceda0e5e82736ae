"""Threads copy nothing, but `translate` holds the GIL: one core makes the versions, and the loop waits for its turn."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.pickling_tax import KEPT, Dark, Id, Light, brighten, get_row

router = APIRouter()
router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")(get_row)


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    version, checksum = await asyncio.to_thread(brighten, state.pictures[id], dark, light)
    state.versions[id, dark, light] = version
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": len(version), "checksum": checksum}
