"""Suggests tags for a draft. Its model takes two seconds to load, and a deploy stops the site before it starts it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel
from starlette.types import ASGIApp

from app.server import serve as serve_alone
from app.world.tagger import load

router = APIRouter()


class Draft(BaseModel):
    text: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.tagger = load()
    yield


@router.post("/tags")
async def suggest(draft: Draft, request: Request) -> dict[str, list[str]]:
    return {"tags": request.app.state.tagger.suggest(draft.text)}


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves `app` on the listening socket `sock`. On SIGHUP it stops, and starts again with the new code."""
    serve_alone(app, sock)
