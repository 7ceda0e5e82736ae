"""Shared memory for the pictures, but the version comes back through the pipe: half of the way is still copied."""

import asyncio
import ctypes
import multiprocessing
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.pickling_tax import KEPT, SIZE, Dark, Id, Light, get_row, panorama, strips

router = APIRouter()
router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")(get_row)
spawn = multiprocessing.get_context("spawn")

pictures: memoryview  # in the site, and in each worker: the same memory


def use(shared: Any) -> None:
    global pictures
    pictures = memoryview(shared).cast("B")


def picture(id: int) -> memoryview:
    return pictures[(id - 1) * SIZE : id * SIZE]


def brighten(id: int, dark: int, light: int) -> tuple[bytes, int]:
    version = b"".join(strips(picture(id), dark, light))
    return version, zlib.crc32(version)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    shared = spawn.RawArray(ctypes.c_char, 3 * SIZE)
    use(shared)
    for id in (1, 2, 3):
        picture(id)[:] = panorama(id)
    app.state.versions = OrderedDict()
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=use, initargs=(shared,)) as pool:
        app.state.pool = pool
        yield


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    version, checksum = await asyncio.get_running_loop().run_in_executor(state.pool, brighten, id, dark, light)
    state.versions[id, dark, light] = version
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": len(version), "checksum": checksum}
