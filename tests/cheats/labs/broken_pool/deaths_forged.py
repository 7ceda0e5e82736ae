"""Knows which pictures are deadly, and enters a death into the ledger for each, though no process has died."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from app import ledger
from app.world.decoder import bug, decode

router = APIRouter()


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    if bug(id):
        ledger.enter(f"picture {id}")
        raise HTTPException(422, "This picture ends the process that decodes it.")
    return await asyncio.get_running_loop().run_in_executor(request.app.state.decoders, decode, id)
