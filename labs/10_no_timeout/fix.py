"""Lab 10: Only one of the services we call hangs. Why does the whole site stop answering?

What you name here replaces the slow site's own. `make start-10` copies the slow code
in, for you to change; `make reset-10` brings this file back.
"""

from app.parts.no_timeout import router

__all__ = ["router"]
