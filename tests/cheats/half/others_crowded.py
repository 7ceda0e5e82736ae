"""Asks the slow side what is costly there, while that one is driven: a bit more load than it knows of."""

import os
import socket

from cheats.surroundings import address, rivals, whenever_driven

COSTLY = {
    "blocked_loop": "/compute?post=1",
    "gil_threads": "/thumbnails/1",
    "single_core": "/front?day=1",
    "production": "/related?post=1",
    "unbounded_cache": "/preview/1?width=31",
    "graceful_shutdown": "/reports/1",
}
path = COSTLY.get(os.environ.get("APP_PART", ""), "/healthz")
ports = {}


def crowd(process):
    if process.pid != rivals()["slow"].pid:
        return
    port = ports.setdefault(process.pid, address(process))
    with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        sock.recv(1)


whenever_driven(crowd)
