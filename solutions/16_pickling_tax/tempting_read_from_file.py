"""The worker reads the picture from a file: a copy by other means, each time, and the version is pickled as before."""

import asyncio
import multiprocessing
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts import pickling_tax
from app.parts.pickling_tax import KEPT, Dark, Id, Light, get_row, panorama

router = APIRouter()
router.get("/panoramas/{id}/levels/{dark}/{light}/rows/{row}")(get_row)


def write_pictures(folder: Path) -> None:
    for id in (1, 2, 3):
        Path(folder, str(id)).write_bytes(panorama(id))


def brighten(path: Path, dark: int, light: int) -> tuple[bytes, int]:
    return pickling_tax.brighten(path.read_bytes(), dark, light)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.versions = OrderedDict()
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        app.state.folder, app.state.pool = Path(folder), pool
        write_pictures(app.state.folder)
        yield


@router.post("/panoramas/{id}/levels/{dark}/{light}")
async def make_version(id: Id, dark: Dark, light: Light, request: Request) -> dict[str, Any]:
    state = request.app.state
    version, checksum = await asyncio.get_running_loop().run_in_executor(
        state.pool, brighten, state.folder / str(id), dark, light
    )
    state.versions[id, dark, light] = version
    state.versions.move_to_end((id, dark, light))
    if len(state.versions) > KEPT:
        state.versions.popitem(last=False)
    return {"pixels": len(version), "checksum": checksum}
