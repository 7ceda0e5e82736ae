"""The older `multiprocessing.Pool` replaces a dead worker and forgets its job: a deadline says what is not coming."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.decoder import decode

router = APIRouter()
DEADLINE_S = 2.5  # far longer than a picture takes, with all those that wait before it


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with multiprocessing.get_context("spawn").Pool() as pool:
        app.state.decoders = pool
        yield


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    coming = loop.create_future()

    def give(preview: dict[str, Any]) -> None:
        if not coming.done():
            coming.set_result(preview)

    request.app.state.decoders.apply_async(decode, [id], callback=lambda made: loop.call_soon_threadsafe(give, made))
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await coming  # type: ignore[no-any-return]
    except TimeoutError:
        raise HTTPException(422, "This picture does not come out of the decoder.") from None
