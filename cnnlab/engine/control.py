"""What is wanted of a run while it trains, as its worker hears it from the scheduler. No TensorFlow here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cnnlab.engine import names
from cnnlab.training.control import Control

POLL_SECONDS = 0.5


@contextmanager
def wanted(run: str) -> Iterator[Callable[[], Control]]:
    """What is wanted of the run, as a function that answers at once; a thread asks the scheduler for it."""
    # Imported here: the server knows this module by name only, and should not wait for Dask.
    from distributed import Variable, get_client, get_worker

    ended = threading.Event()
    worker = get_worker()
    key = worker.get_current_task()
    variable = Variable(names.control(run), client=get_client())
    # Of a run that is trained anew after its worker died, this is not the beginning.
    latest = Control(**variable.get(timeout="5s"))

    def poll() -> None:
        nonlocal latest
        while not ended.wait(POLL_SECONDS):
            task = worker.state.tasks.get(key)
            # A task that nobody waits for any more (its server died) is cancelled but not ended by Dask.
            if task is None or task.state == "cancelled":
                latest = Control(stop=True)
                return
            with suppress(TimeoutError):
                latest = Control(**variable.get(timeout="5s"))

    thread = threading.Thread(target=poll, daemon=True, name=f"control of {run}")
    thread.start()
    try:
        yield lambda: latest
    finally:
        ended.set()
        thread.join()
