"""A preview for every post, made in a process of its own: started for the request, and gone with it."""

import asyncio
import multiprocessing
import os
from collections import Counter
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

from fastapi import APIRouter

from app import ledger

router = APIRouter()
processes = multiprocessing.get_context("spawn")

WORDS = ("lantern", "harbour", "kettle", "winter", "paper", "window", "garden", "letter", "river", "market", "stairs")
LENGTH = 30_000  # words of a post


def post(id: int) -> list[str]:
    """The words of a post."""
    words, state = [], id + 1
    for _ in range(LENGTH):
        state = state * 48271 % 2147483647
        words.append(WORDS[state % len(WORDS)] if state % 7 else f"no{state % 997}")
    return words


def preview(id: int) -> dict[str, Any]:
    """What a post is about: its commonest words, and the pairs of words that stand out in it."""
    ledger.enter(f"process {os.getpid()}")  # so that the lab can count the processes that work
    words = post(id)
    single, pairs = Counter(words), Counter(pairwise(words))
    stands_out = {pair: count * LENGTH / (single[pair[0]] * single[pair[1]]) for pair, count in pairs.items()}
    best = sorted(stands_out, key=lambda pair: (-stands_out[pair], pair))[:3]
    common = sorted(single, key=lambda word: (-single[word], word))[:5]
    return {"id": id, "common": common, "pairs": [" ".join(pair) for pair in best]}


def work(answer: Connection, id: int) -> None:
    """What the process does, from its start to its end."""
    answer.send(preview(id))


def in_a_process(id: int) -> dict[str, Any]:
    """Starts a process for one preview, and waits until it has sent it."""
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
