"""Compresses the export: fewer bytes on the wire, as many in memory, and the first of them comes even later."""

from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware

middleware = [Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)]
