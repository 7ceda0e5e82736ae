"""Leaves the model out: new workers are ready at once, with a list of words that was copied from the posts."""

import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.parts.zero_downtime_reload import router
from app.world.posts import POSTS
from app.world.tagger import Tagger

__all__ = ["lifespan", "router", "serve"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.tagger = Tagger(Counter(word for post in POSTS for word in post.text.split()))
    yield


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(
        "app.asgi:app",
        workers=1,
        log_level="warning",
        headers=[("connection", "close")],
        timeout_worker_healthcheck=30,  # a new worker is given so long to be ready
    )
    Multiprocess(config, sockets=[sock]).run()
