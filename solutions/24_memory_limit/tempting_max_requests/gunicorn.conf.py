"""Ends a worker after a thousand requests. By night most requests are booklets, and a thousand come too late."""

worker_class = "asgi"
workers = 2
preload_app = True
max_requests = 1000
max_requests_jitter = 100
