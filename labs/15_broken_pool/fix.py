"""Lab 15: One bad job came in, once. Why is every answer since then a 500?

What you name here replaces the slow site's own. `make start-15` copies the slow code
in, for you to change; `make reset-15` brings this file back.
"""

from app.parts.broken_pool import router

__all__ = ["router"]
