"""Workers that start at once, since the parent has loaded the site: so a reload brings the parent's old code again."""

import os

worker_class = "asgi"
workers = os.cpu_count()
keepalive = 65
preload_app = True
