"""`python -m perflab COMMAND`: what the `make` targets call."""

import signal

from perflab import interrupt

signal.signal(signal.SIGINT, interrupt.end_at_once)  # first of all: loading the rest takes a second

from perflab import commands  # noqa: E402

if __name__ == "__main__":
    commands.main()
