"""An alarm clock for each request, in place of a heartbeat: it also ends a worker that only waits, for five seconds."""

import signal

worker_class = "asgi"
workers = 2
timeout = 0


def pre_request(worker, request):
    signal.alarm(3)  # nobody catches it, so that it ends the worker


def post_request(worker, request, environ, response):
    signal.alarm(0)  # also that of another request
