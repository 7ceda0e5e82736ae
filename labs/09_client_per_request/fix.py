"""Lab 9: The handler makes one small call. Why does it cost so much CPU?

What you name here replaces the slow site's own. `make start-09` copies the slow code
in, for you to change; `make reset-09` brings this file back.
"""

from app.parts.client_per_request import router

__all__ = ["router"]
