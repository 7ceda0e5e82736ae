"""Lab 4: The average is fine. Why do some readers still call the site slow?

What you name here replaces the slow site's own. `make start-04` copies the slow code
in, for you to change; `make reset-04` brings this file back.
"""

from app.parts.tail_latency import router

__all__ = ["router"]
