"""Previews of posts, in every length a reader's screen may want, and kept for ever: a dict that only grows."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.world.posts import POSTS

router = APIRouter()
previews: dict[tuple[int, int], str] = {}


def render(id: int, width: int) -> str:
    """A post and its neighbours, wrapped to a width: two milliseconds of Python, some 40 KiB of text."""
    words = " ".join(POSTS[(id + step) % len(POSTS)].text for step in range(100)).split()
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    key = (id, width)
    if key not in previews:
        previews[key] = render(id, width)
    return previews[key]
