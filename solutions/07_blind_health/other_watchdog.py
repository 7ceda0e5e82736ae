"""A watchdog in a thread of its own asks the loop for a sign of life; it would see even one that never comes back."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Request

from app.parts import blind_health

router = APIRouter()

FELT_S, LATELY_S = 0.1, 1.0


class Watchdog(threading.Thread):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self.loop = loop
        self.answered = threading.Event()
        self.over = threading.Event()
        self.stuck_at_s = 0.0

    def run(self) -> None:
        while not self.over.wait(0.02):
            self.answered.clear()
            self.loop.call_soon_threadsafe(self.answered.set)
            while not self.answered.wait(FELT_S):
                self.stuck_at_s = time.monotonic()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.watchdog = Watchdog(asyncio.get_running_loop())
    app.state.watchdog.start()
    yield
    app.state.watchdog.over.set()


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    threads = current_default_thread_limiter().statistics()
    reasons = []
    if request.app.state.watchdog.stuck_at_s > time.monotonic() - LATELY_S:
        reasons.append("the loop did not answer the watchdog")
    if threads.tasks_waiting:
        reasons.append("no thread is left")
    figures = {"threads_taken": threads.borrowed_tokens, "waiting_for_a_thread": threads.tasks_waiting}
    return {"status": "degraded" if reasons else "ok", "reasons": reasons, "figures": figures}


router.include_router(blind_health.router)
