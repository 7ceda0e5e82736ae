"""Two services in one process: a search, and a front page that greets its reader. Both keep something for Mira."""

from collections import OrderedDict, deque

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse

from app.world.posts import POSTS

CULPRIT = ""  # which of these functions keeps whole requests alive? For example "render"

MEMBERS = {number: f"member {number}" for number in range(1000)}
RECENT, FAILURES = 300, 20_000

router = APIRouter()
recent: deque[str] = deque(maxlen=RECENT)  # the last result pages, as readers saw them
failures: OrderedDict[int, Exception] = OrderedDict()  # the last readers without a name, and why


class UnknownReader(Exception):
    """No member has this number."""


def render(heading: str, first: int) -> str:
    """A page of some 45 KiB: a heading, and a hundred posts from the first one on."""
    posts = (POSTS[(first + step) % len(POSTS)] for step in range(100))
    return "\n".join([heading, *(f"{post.title}\n{post.text}" for post in posts)])


def remember(page: str) -> None:
    """Keeps a result page for Mira."""
    recent.append(page)


def name_of(reader: int) -> str:
    """The name of a member. Raises UnknownReader."""
    try:
        return MEMBERS[reader]
    except KeyError as missing:
        raise UnknownReader(f"reader {reader} is no member") from missing


def note(reader: int, error: Exception) -> None:
    """Keeps for Mira why a reader has no name."""
    failures[reader] = error
    if len(failures) > FAILURES:
        failures.popitem(last=False)


@router.get("/search", response_class=PlainTextResponse)
async def search(q: str) -> str:
    page = render(f"Results for {q}", len(q))
    remember(page)
    return page[:2000]


@router.get("/front/{post}", response_class=PlainTextResponse)
async def front(post: int, reader: int, request: Request) -> str:
    page = render(f"For reader {reader} at {request.url.path}", post)
    try:
        name = name_of(reader)
    except UnknownReader as error:
        note(reader, error)
        name = "guest"
    return f"Good evening, {name}!\n{page[:2000]}"


@router.get("/failures/{reader}", response_class=PlainTextResponse)
async def failure(reader: int) -> str:
    if reader not in failures:
        raise HTTPException(404, "This reader was greeted by name, or long ago.")
    return str(failures[reader])
