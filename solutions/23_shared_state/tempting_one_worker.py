"""One worker keeps one count, and it is exact: all cores but one are idle, and so is the next server you buy."""

from app.parts.shared_state import router
from app.server import serve

__all__ = ["router", "serve"]
