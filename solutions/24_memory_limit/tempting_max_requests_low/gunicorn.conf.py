"""A count that is low enough for the night. By day it ends workers that have hardly grown, and both at once."""

worker_class = "asgi"
workers = 2
preload_app = True
keepalive = 1
max_requests = 50
max_requests_jitter = 10
