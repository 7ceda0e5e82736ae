"""Makes a version twice where two readers ask for it at once, and forgets the first one's shared memory."""

import asyncio
import multiprocessing
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.pickling_tax import KEPT, SIZE, STRIP, Dark, Id, Light, Row, panorama, shown, strips

router = APIRouter()

PLACES = KEPT + 3  # two versions in the making, and one to spare
opened: dict[str, SharedMemory] = {}  # in a worker


def memory(name: str) -> memoryview:
    if name not in opened:
        opened[name] = SharedMemory(name)
    return opened[name].buf


def brighten(source: str, target: str, dark: int, light: int) -> int:
    version = memory(target)
    for number, strip in enumerate(strips(memory(source)[:SIZE], dark, light)):
        version[number * STRIP : (number + 1) * STRIP] = strip
    return zlib.crc32(version[:SIZE])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    state.all = [SharedMemory(create=True, size=SIZE) for _ in range(3 + PLACES)]
    state.pictures, state.free = dict(zip((1, 2, 3), state.all, strict=False)), state.all[3:]
    for id, block in state.pictures.items():
        block.buf[:SIZE] = panorama(id)
    state.versions = OrderedDict[tuple[int, int, int], tuple[SharedMemory, int]]()
    try:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as state.pool:
            yield
    finally:
        for block in state.all:
            block.close()
            block.unlink()


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    if kept := state.versions.get((id, dark, light)):
        return {"pixels": SIZE, "checksum": kept[1]}
    if not state.free:
        state.free.append(SharedMemory(create=True, size=SIZE))
        state.all += state.free
    block = state.free.pop()
    checksum = await asyncio.get_running_loop().run_in_executor(
        state.pool, brighten, state.pictures[id].name, block.name, dark, light
    )
    state.versions[id, dark, light] = block, checksum  # one that was made meanwhile is nobody's from now on
    if len(state.versions) > KEPT:
        state.free.append(state.versions.popitem(last=False)[1][0])
    return {"pixels": SIZE, "checksum": checksum}


@router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")
async def get_row(id: Id, dark: Dark, light: Light, row: Row, request: Request) -> dict[str, str]:
    kept = request.app.state.versions.get((id, dark, light))
    if kept is None:
        raise HTTPException(404, "This version is not kept any more. Ask for it again.")
    return shown(kept[0].buf, row)
