"""Takes the decoder's bug out in the workers, where the site cannot see that its decoder is another one."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.world import decoder

router = APIRouter()
spawn = multiprocessing.get_context("spawn")


def cure() -> None:
    decoder.crash = lambda picture, fault: None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn, initializer=cure) as pool:
        app.state.decoders = pool
        yield


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    return await asyncio.get_running_loop().run_in_executor(request.app.state.decoders, decoder.decode, id)
