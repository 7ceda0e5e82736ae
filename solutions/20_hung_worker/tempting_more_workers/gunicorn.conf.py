"""Two workers for each core and one more, so that a few may hang: they do, one after the other, and none comes back."""

import os

worker_class = "asgi"
workers = 2 * max(2, os.cpu_count() or 1) + 1
