"""Nothing large comes back at all: the worker returns the checksum, and the site brightens the few pixels it shows."""

import asyncio
import ctypes
import multiprocessing
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.pickling_tax import KEPT, SHOWN, SIZE, WIDTH, Dark, Id, Light, Row, levels, panorama, strips

router = APIRouter()
spawn = multiprocessing.get_context("spawn")

pictures: memoryview  # in the site, and in each worker: the same memory


def use(shared: Any) -> None:
    global pictures
    pictures = memoryview(shared).cast("B")


def picture(id: int) -> memoryview:
    return pictures[(id - 1) * SIZE : id * SIZE]


def checksum(id: int, dark: int, light: int) -> int:
    summed = 0
    for strip in strips(picture(id), dark, light):
        summed = zlib.crc32(strip, summed)
    return summed


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    shared = spawn.RawArray(ctypes.c_char, 3 * SIZE)
    use(shared)
    for id in (1, 2, 3):
        picture(id)[:] = panorama(id)
    app.state.versions = OrderedDict[tuple[int, int, int], None]()
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=use, initargs=(shared,)) as pool:
        app.state.pool = pool
        yield


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    summed = await asyncio.get_running_loop().run_in_executor(state.pool, checksum, id, dark, light)
    state.versions[id, dark, light] = None
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": SIZE, "checksum": summed}


@router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")
async def get_row(id: Id, dark: Dark, light: Light, row: Row, request: Request) -> dict[str, str]:
    if (id, dark, light) not in request.app.state.versions:
        raise HTTPException(404, "This version is not kept any more. Ask for it again.")
    pixels = picture(id)[row * WIDTH :][:SHOWN]
    return {"pixels": bytes(pixels).translate(levels(dark, light)).hex()}
