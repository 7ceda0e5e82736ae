"""Four workers grow half as fast, each. Together they grow as before, from a higher start, below the same limit."""

worker_class = "asgi"
workers = 4
preload_app = True
