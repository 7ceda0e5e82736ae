"""Two workers under uvicorn's supervisor, which restarts one that dies. Posts are translated by another team."""

import socket
import time
from typing import Any

import uvicorn
from fastapi import APIRouter, HTTPException
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.world.posts import POSTS
from app.world.translator import translate

router = APIRouter()


@router.get("/posts/{id}/translation")
async def translation(id: int) -> dict[str, Any]:
    if not 0 <= id < len(POSTS):
        raise HTTPException(404, "There is no such post.")
    return {"post": id, "title": translate(id)}


@router.get("/exports/{year}")
def export(year: int) -> dict[str, Any]:
    time.sleep(5)  # the database, gathering a year of posts
    return {"year": year, "posts": len(POSTS)}


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves on the listening socket `sock`, as `uvicorn --workers 2` does."""
    # By its import string, for each worker to load: an app cannot be sent to another process.
    Multiprocess(uvicorn.Config("app.asgi:app", workers=2, log_level="warning"), sockets=[sock]).run()
