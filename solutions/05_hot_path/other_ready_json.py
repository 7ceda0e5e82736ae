"""Posts are joined to their tags once, and a page of them goes out as JSON that is ready: a `Response`, no encoder."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic_core import to_json

from app.parts.hot_path import PAGE, tag, tag_ids, view
from app.world.posts import POSTS

router = APIRouter()
views = [view(post, [tag(id) for id in tag_ids(post)]) for post in POSTS]


@router.get("/posts")
async def posts(page: int = 0) -> Response:
    return Response(to_json(views[page * PAGE : (page + 1) * PAGE]), media_type="application/json")
