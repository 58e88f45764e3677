"""Identify the server process that owns a run."""

from __future__ import annotations

import os
import socket

import psutil


def process_mark() -> str:
    """Return an id of this process, unique across all machines that share the Lab's folder."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time()}"


def alive(mark: str) -> bool:
    """Return whether the process with this mark is alive; a process of another machine counts as alive."""
    host, pid, created = mark.rsplit("/", 2)
    if host != socket.gethostname():
        return True
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(created)) < 1)
    except psutil.NoSuchProcess:
        return False
