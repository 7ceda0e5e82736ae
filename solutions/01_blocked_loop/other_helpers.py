"""Two helper processes that read a number from a pipe and write an answer: plain asyncio, and no pool of any make."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

router = APIRouter()

HELPER = """
import json, sys
from app.parts.blocked_loop import most_alike
for line in sys.stdin:
    try:
        answer = most_alike(int(line))
    except Exception as error:  # of this one number: the helper lives on
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    command = [sys.executable, "-c", HELPER]
    helpers = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE) for _ in range(2)]
    app.state.idle = asyncio.Queue[Process]()
    for helper in helpers:
        app.state.idle.put_nowait(helper)
    yield
    for helper in helpers:
        helper.terminate()
        await helper.wait()


@router.get("/compute")
async def compute(post: int, request: Request) -> dict[str, Any]:
    helper = await request.app.state.idle.get()
    try:
        helper.stdin.write(f"{post}\n".encode())
        answer: dict[str, Any] = json.loads(await helper.stdout.readline())
    finally:
        request.app.state.idle.put_nowait(helper)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer
