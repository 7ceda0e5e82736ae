"""A quiz: every five seconds the apps of all players send their answers. A proxy, far away, keeps connections to it."""

import socket

import uvicorn
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from starlette.types import ASGIApp

router = APIRouter()
CITIES = ("Lisbon", "Oslo", "Prague", "Vienna", "Dublin", "Athens", "Warsaw", "Rome")
CHOICES = 4


class Answer(BaseModel):
    question: int
    choice: int


def right_choice(question: int) -> int:
    return question * 7 % CHOICES


@router.get("/questions/{id}")
async def question(id: int) -> dict[str, object]:
    if not 0 <= id < 1000:
        raise HTTPException(404, "There is no such question.")
    return {
        "question": id,
        "text": "Which of these has the most bridges?",
        "cities": [CITIES[(id + n) % 8] for n in range(CHOICES)],
    }


@router.post("/answers")
async def answer(answer: Answer) -> dict[str, object]:
    return {"question": answer.question, "right": answer.choice == right_choice(answer.question)}


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves `app` on the listening socket `sock`: uvicorn, as it comes."""
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[sock])
