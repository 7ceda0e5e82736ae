"""Where the site's database is. The labs that need one start it and say so; on your own, set `DATABASE_URL`."""

import os


def url() -> str:
    """The address of the site's PostgreSQL. Raises RuntimeError where nobody has named one."""
    if "DATABASE_URL" not in os.environ:
        raise RuntimeError("The site has no database: set DATABASE_URL.")
    return os.environ["DATABASE_URL"]
