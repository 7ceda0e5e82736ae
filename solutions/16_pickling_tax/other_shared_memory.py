"""Named shared memory: the workers attach by name. A name outlives its processes, so the lifespan unlinks it."""

import asyncio
import multiprocessing
import shutil
import sys
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.pickling_tax import KEPT, SIZE, STRIP, Dark, Id, Light, Row, panorama, shown, strips

router = APIRouter()
spawn = multiprocessing.get_context("spawn")

IDS = (1, 2, 3)
WORKERS = 2
PLACES = len(IDS) + KEPT + WORKERS  # the pictures, the versions that are kept, and those in the making

block: SharedMemory  # in the site, and in each worker: the same memory


def attach(name: str) -> None:
    """What a worker does first. Before Python 3.13 this tells the resource tracker, too, which is the site's own."""
    global block
    block = SharedMemory(name, track=False) if sys.version_info >= (3, 13) else SharedMemory(name)


def at(place: int) -> memoryview:
    return block.buf[place * SIZE : (place + 1) * SIZE]


def make_block() -> SharedMemory:
    """Raises RuntimeError where there is too little room: to write would end the process with SIGBUS."""
    room = Path("/dev/shm")
    if room.exists() and (free := shutil.disk_usage(room).free) < PLACES * SIZE:
        raise RuntimeError(f"The site needs {PLACES * SIZE >> 20} MiB in {room}, and {free >> 20} are free.")
    return SharedMemory(create=True, size=PLACES * SIZE)


def brighten(source: int, target: int, dark: int, light: int) -> int:
    version = at(target)
    for number, strip in enumerate(strips(at(source), dark, light)):
        version[number * STRIP : (number + 1) * STRIP] = strip
    return zlib.crc32(version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    global block
    block = make_block()
    app.state.versions = OrderedDict[tuple[int, int, int], int]()  # of each version that is kept: its place
    app.state.free = asyncio.Queue[int]()
    for place in range(len(IDS), PLACES):
        app.state.free.put_nowait(place)
    try:
        for place, id in enumerate(IDS):
            at(place)[:] = panorama(id)
        with ProcessPoolExecutor(WORKERS, mp_context=spawn, initializer=attach, initargs=(block.name,)) as pool:
            app.state.pool = pool
            yield
    finally:
        block.close()
        block.unlink()


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    place = await state.free.get()
    try:
        checksum = await asyncio.get_running_loop().run_in_executor(
            state.pool, brighten, IDS.index(id), place, dark, light
        )
    except BaseException:
        state.free.put_nowait(place)
        raise
    if (id, dark, light) in state.versions:
        state.free.put_nowait(state.versions.pop((id, dark, light)))
    state.versions[id, dark, light] = place
    if len(state.versions) > KEPT:
        state.free.put_nowait(state.versions.popitem(last=False)[1])
    return {"pixels": SIZE, "checksum": checksum}


@router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")
async def get_row(id: Id, dark: Dark, light: Light, row: Row, request: Request) -> dict[str, str]:
    place = request.app.state.versions.get((id, dark, light))
    if place is None:
        raise HTTPException(404, "This version is not kept any more. Ask for it again.")
    return shown(at(place), row)
