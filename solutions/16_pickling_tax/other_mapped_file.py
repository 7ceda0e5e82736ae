"""A memory-mapped file in place of shared memory: the workers open it by its path, and map the same pages."""

import asyncio
import mmap
import multiprocessing
import tempfile
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.pickling_tax import KEPT, SIZE, STRIP, Dark, Id, Light, Row, panorama, shown, strips

router = APIRouter()
spawn = multiprocessing.get_context("spawn")

IDS = (1, 2, 3)
WORKERS = 2
PLACES = len(IDS) + KEPT + WORKERS  # the pictures, the versions that are kept, and those in the making

block: memoryview  # in the site, and in each worker: the same memory


def use(path: Path) -> None:
    global block
    with path.open("r+b") as file:
        block = memoryview(mmap.mmap(file.fileno(), PLACES * SIZE))


def at(place: int) -> memoryview:
    return block[place * SIZE : (place + 1) * SIZE]


def brighten(source: int, target: int, dark: int, light: int) -> int:
    version = at(target)
    for number, strip in enumerate(strips(at(source), dark, light)):
        version[number * STRIP : (number + 1) * STRIP] = strip
    return zlib.crc32(version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.versions = OrderedDict[tuple[int, int, int], int]()  # of each version that is kept: its place
    app.state.free = asyncio.Queue[int]()
    for place in range(len(IDS), PLACES):
        app.state.free.put_nowait(place)
    with tempfile.NamedTemporaryFile(prefix="panoramas-") as file:
        file.truncate(PLACES * SIZE)
        use(Path(file.name))
        for place, id in enumerate(IDS):
            at(place)[:] = panorama(id)
        with ProcessPoolExecutor(WORKERS, mp_context=spawn, initializer=use, initargs=(Path(file.name),)) as pool:
            app.state.pool = pool
            yield


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
