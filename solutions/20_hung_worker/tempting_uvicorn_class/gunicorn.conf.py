"""uvicorn's old worker class beats every tenth turn of its loop: a busy loop turns slowly, so its worker is ended."""

import os

worker_class = "uvicorn.workers.UvicornWorker"
workers = max(2, os.cpu_count() or 1)
timeout = 2
