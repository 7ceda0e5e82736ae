"""Compressed both ways: fewer bytes in the pipe, and far more work to pack and unpack them than the pipe ever was."""

import asyncio
import zlib
from typing import Any

from fastapi import APIRouter, Request

from app.parts import pickling_tax
from app.parts.pickling_tax import KEPT, Dark, Id, Light, get_row

router = APIRouter()
router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")(get_row)


def brighten(packed: bytes, dark: int, light: int) -> tuple[bytes, int]:
    version, checksum = pickling_tax.brighten(zlib.decompress(packed), dark, light)
    return zlib.compress(version, 1), checksum


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    packed = await asyncio.to_thread(zlib.compress, state.pictures[id], 1)
    packed, checksum = await asyncio.get_running_loop().run_in_executor(state.pool, brighten, packed, dark, light)
    version = await asyncio.to_thread(zlib.decompress, packed)
    state.versions[id, dark, light] = version
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": len(version), "checksum": checksum}
