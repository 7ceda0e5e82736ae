"""Shelves of shared memory go round by the number of the call: a version made seven times overwrites another one."""

import asyncio
import multiprocessing
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.pickling_tax import KEPT, SIZE, STRIP, Dark, Id, Light, Row, panorama, shown, strips

router = APIRouter()
WORKERS = 2
PICTURES = 3
SHELVES = KEPT + WORKERS  # the versions kept, and those that the workers make
storeroom: SharedMemory | None = None  # in a worker


def enter(name: str) -> None:
    """Opens the storeroom. This runs once in each worker."""
    global storeroom
    storeroom = SharedMemory(name)


def place(number: int) -> slice:
    return slice(number * SIZE, (number + 1) * SIZE)


def brighten(picture: int, shelf: int, dark: int, light: int) -> int:
    """Puts a new version on a shelf, and returns its checksum. This runs in a worker."""
    assert storeroom is not None
    checksum, begin = 0, shelf * SIZE
    with storeroom.buf[place(picture)] as pixels:
        for strip in strips(pixels, dark, light):
            storeroom.buf[begin : begin + STRIP] = strip
            checksum = zlib.crc32(strip, checksum)
            begin += STRIP
    return checksum


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    room = SharedMemory(create=True, size=(PICTURES + SHELVES) * SIZE)
    try:
        for number in range(PICTURES):
            room.buf[place(number)] = panorama(number + 1)
        app.state.room = room
        app.state.calls = count()
        app.state.versions = OrderedDict()
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(WORKERS, mp_context=spawn, initializer=enter, initargs=(room.name,)) as app.state.pool:
            yield
    finally:
        room.close()
        room.unlink()


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    shelf = PICTURES + next(state.calls) % SHELVES
    checksum = await asyncio.get_running_loop().run_in_executor(state.pool, brighten, id - 1, shelf, dark, light)
    state.versions[id, dark, light] = shelf
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": SIZE, "checksum": checksum}


@router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")
async def get_row(id: Id, dark: Dark, light: Light, row: Row, request: Request) -> dict[str, str]:
    state = request.app.state
    shelf = state.versions.get((id, dark, light))
    if shelf is None:
        raise HTTPException(404, "This version is not kept any more. Ask for it again.")
    with state.room.buf[place(shelf)] as version:
        return shown(version, row)
