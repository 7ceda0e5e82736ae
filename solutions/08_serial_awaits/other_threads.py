"""Six threads, with a client that blocks: six waits at once, also for a library that knows no `await`."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world import upstream

router = APIRouter()
SERVICES = ("profile", "messages", "friends", "groups", "events", "weather")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with httpx.Client(base_url=upstream.url()) as client, ThreadPoolExecutor(48) as threads:
        app.state.services, app.state.threads = client, threads
        yield


def ask(client: httpx.Client, service: str, member: int) -> Any:
    answer = client.get(f"/{service}/{member}")
    if answer.status_code == 404:
        raise HTTPException(404, f"Nobody has the number {member}.")
    return answer.raise_for_status().json()


@router.get("/dashboard/{member}")
def dashboard(member: int, request: Request) -> dict[str, Any]:
    state = request.app.state
    asked = {service: state.threads.submit(ask, state.services, service, member) for service in SERVICES}
    return {service: answer.result() for service, answer in asked.items()}
