"""A worker for each core, with a heartbeat from its event loop: one that is silent for two seconds is ended."""

import os

# Loaded here, once, and inherited by every worker: a new one is there sooner, and beats for the first time well within
# its timeout.
import fastapi  # noqa: F401

worker_class = "asgi"
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
workers = max(2, cores)  # while one hangs, another one answers
timeout = 2  # more than a worker is ever busy at a time; what it waits for does not count
