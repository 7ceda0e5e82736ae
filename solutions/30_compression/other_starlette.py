"""Starlette's own middleware in one line: gzip for all who accept it, from 1 kB on, at level 5 in place of its 9."""

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

middleware = [Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)]
