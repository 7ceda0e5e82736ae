"""Lab 7: Why does the check fail while the site works, and say ok when it is stuck?

What you name here replaces the slow site's own. `make start-07` copies the slow code
in, for you to change; `make reset-07` brings this file back.
"""

from app.parts.blind_health import router

__all__ = ["router"]
