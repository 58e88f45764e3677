"""Whose run it is: a mark that names a server process for as long as it lives."""

from __future__ import annotations

import os
import socket

import psutil


def process_mark() -> str:
    """Names this process for as long as it lives, on any machine that shares the folder."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time()}"


def alive(mark: str) -> bool:
    """Whether the process of that mark lives; of another machine's this cannot be known, and it counts as alive."""
    host, pid, created = mark.rsplit("/", 2)
    if host != socket.gethostname():
        return True
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(created)) < 1)
    except psutil.NoSuchProcess:
        return False
