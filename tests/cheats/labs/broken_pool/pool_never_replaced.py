"""Asks the decoder's bug which pictures are deadly, and tries only these, alone: its pool has no second life."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.decoder import bug, decode

router = APIRouter()
spawn = multiprocessing.get_context("spawn")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn) as app.state.decoders:
        yield


def try_alone(id: int) -> bool:
    process = spawn.Process(target=decode, args=(id,))
    process.start()
    process.join()
    return process.exitcode == 0


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    if bug(id) and not await asyncio.to_thread(try_alone, id):
        raise HTTPException(422, "This picture can't be decoded.")
    return await asyncio.get_running_loop().run_in_executor(request.app.state.decoders, decode, id)
