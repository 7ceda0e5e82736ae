"""Panoramas, brightened in a warm pool of processes: each is pickled on its way to a worker, and on its way back."""

import asyncio
import multiprocessing
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from random import Random
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Path, Request

router = APIRouter()

WIDTH, HEIGHT = 4096, 2048  # pixels of a panorama, in shades of grey: a byte each
SIZE = WIDTH * HEIGHT
STRIP = 16 * WIDTH  # bytes that are brightened in one piece
KEPT = 6  # versions that the site keeps, to show their rows
SHOWN = 16  # pixels of a row that fit on the screen

Id = Annotated[int, Path(ge=1, le=3)]
Dark = Annotated[int, Path(ge=0, le=99)]
Light = Annotated[int, Path(ge=156, le=255)]
Row = Annotated[int, Path(ge=0, lt=HEIGHT)]


def panorama(id: int) -> bytes:
    """The pixels of a panorama, row by row."""
    rng = Random(id)
    stock = rng.randbytes(2**20)
    begins = (rng.randrange(len(stock) - WIDTH) for _ in range(HEIGHT))
    return b"".join(stock[begin : begin + WIDTH] for begin in begins)


def levels(dark: int, light: int) -> bytes:
    """For each shade its new one: black becomes `dark`, white becomes `light`."""
    return bytes(dark + shade * (light - dark) // 255 for shade in range(256))


def strips(picture: bytes | memoryview, dark: int, light: int) -> Iterator[bytes]:
    """A new version of a picture, strip by strip: a strip fits into the cache of a core."""
    table = levels(dark, light)
    for begin in range(0, SIZE, STRIP):
        yield bytes(picture[begin : begin + STRIP]).translate(table)


def brighten(picture: bytes, dark: int, light: int) -> tuple[bytes, int]:
    """A new version of a picture, and its checksum. This runs in a worker."""
    version = b"".join(strips(picture, dark, light))
    return version, zlib.crc32(version)


def shown(version: bytes | memoryview, row: int) -> dict[str, str]:
    """What the reader sees of a row."""
    return {"pixels": bytes(version[row * WIDTH :][:SHOWN]).hex()}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pictures = {id: panorama(id) for id in (1, 2, 3)}
    app.state.versions = OrderedDict()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.pool = pool
        yield


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    version, checksum = await asyncio.get_running_loop().run_in_executor(
        state.pool, brighten, state.pictures[id], dark, light
    )
    state.versions[id, dark, light] = version
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": len(version), "checksum": checksum}


@router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")
async def get_row(id: Id, dark: Dark, light: Light, row: Row, request: Request) -> dict[str, str]:
    version = request.app.state.versions.get((id, dark, light))
    if version is None:
        raise HTTPException(404, "This version is not kept any more. Ask for it again.")
    return shown(version, row)
