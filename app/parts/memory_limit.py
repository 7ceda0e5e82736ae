"""Threads as booklets, to be printed and folded. A library sets them, and each leaves some memory behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field

from app.world import typesetter
from app.world.posts import POSTS

router = APIRouter()


class Order(BaseModel):
    post: Annotated[int, Field(ge=0, lt=len(POSTS))]
    sheets: Annotated[int, Field(ge=1, le=8)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await typesetter.load_fonts()
    yield


@router.get("/posts/{id}")
async def read_post(id: int) -> dict[str, Any]:
    post = POSTS[id % len(POSTS)]
    return {"id": post.id, "title": post.title, "text": post.text}


@router.post("/booklets")
async def make_booklet(order: Order) -> dict[str, Any]:
    return await typesetter.set_booklet(POSTS[order.post].title, order.sheets)
