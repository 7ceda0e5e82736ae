"""Lab 28: Why does an export take so long to begin, and so much memory?

What you name here replaces the slow site's own. `make start-28` copies the slow code
in, for you to change; `make reset-28` brings this file back.
"""

from app.parts.whole_body import router

__all__ = ["router"]
