"""Answers reports at once, without asking the database: nothing is ever under way, so no haste cuts any off."""

import socket
from typing import Any

import uvicorn
from fastapi import APIRouter
from starlette.types import ASGIApp

from app.parts.graceful_shutdown import events, views

router = APIRouter()
router.get("/events")(events)


@router.get("/reports/{id}")
async def report(id: int) -> dict[str, Any]:
    views[id] += 1
    return {"report": id, "rows": id * 7}


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=0)
    uvicorn.Server(config).run(sockets=[sock])
