"""Where the site's database is. The labs that need one start it; on your own, set `DATABASE_URL`."""

import os


def url() -> str:
    """The URL of the site's PostgreSQL. Raises RuntimeError where `DATABASE_URL` is not set."""
    if "DATABASE_URL" not in os.environ:
        raise RuntimeError("The site has no database: set DATABASE_URL.")
    return os.environ["DATABASE_URL"]
