"""Another team's translator, and their client for it: it blocks until the answer is there, and has no timeout.

Most texts take milliseconds, and a long one takes half a second. On one text the translator goes round in circles: it
accepts it, and never answers.
"""

import os
import socket
import time

from app import ledger
from app.world.posts import POSTS

ENDLESS = len(POSTS) - 1  # the post that never comes back
SHORT_S, LONG_S = 0.003, 0.5


def is_long(post: int) -> bool:
    """Whether a post has a long text."""
    return post % 20 == 7


def translate(post: int) -> str:
    """The post's title in another language, as far as this translator knows one."""
    if post == ENDLESS:
        ledger.enter(f"process {os.getpid()}")  # so that the lab knows which process waits here
        ours, _theirs = socket.socketpair()
        return ours.recv(4096).decode()
    time.sleep(LONG_S if is_long(post) else SHORT_S)
    return POSTS[post].title[::-1]
