"""Lab 8: Each service answers quickly. Why is the dashboard so slow?

What you name here replaces the slow site's own. `make start-08` copies the slow code
in, for you to change; `make reset-08` brings this file back.
"""

from app.parts.serial_awaits import router

__all__ = ["router"]
