"""A process for every request still, from a `forkserver`: each start costs less, and each request pays for one."""

import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from typing import Any

from fastapi import APIRouter

from app.parts.worker_per_request import work

router = APIRouter()
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["app.parts.worker_per_request"])


def in_a_process(id: int) -> dict[str, Any]:
    ours: Connection
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=work, args=(theirs, id))
    process.start()
    theirs.close()
    try:
        return ours.recv()  # type: ignore[no-any-return]
    finally:
        process.join()
        ours.close()


@router.get("/previews/{id}")
async def get_preview(id: int) -> dict[str, Any]:
    return await asyncio.to_thread(in_a_process, id)
