"""A new worker for each request leaks nothing. The workers are always starting, and the visitors wait for them."""

worker_class = "asgi"
workers = 2
preload_app = True
max_requests = 1
