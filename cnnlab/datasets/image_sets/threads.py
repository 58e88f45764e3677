"""Do work on many items in threads, in order, without holding them all in memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_AHEAD = 8


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `work(item)` of each item in their order; at most a few items per processor are read ahead.

    Threads are enough where the work is Pillow's or NumPy's, which let others run meanwhile.
    """
    threads = os.cpu_count() or 1
    ahead: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="image-sets") as pool:
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) >= threads * _AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()
