"""Follow a run's control state, which the scheduler holds, while the run trains. Does not import TensorFlow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cnnlab.engine import protocol
from cnnlab.training.control import Control

POLL_SECONDS = 0.5


@contextmanager
def follow_control(run: str) -> Iterator[Callable[[], Control]]:
    """Yield a function that returns the run's latest control state at once; a thread polls the scheduler for it."""
    # Imported here: Dask is slow to import, and only workers call this.
    from distributed import Variable, get_client, get_worker

    ended = threading.Event()
    worker = get_worker()
    key = worker.get_current_task()
    variable = Variable(protocol.control_variable(run), client=get_client())
    # Not the default: the run may be a retry after its worker died.
    latest = Control(**variable.get(timeout="5s"))

    def poll() -> None:
        nonlocal latest
        while not ended.wait(POLL_SECONDS):
            task = worker.state.tasks.get(key)
            # If the server has died, Dask cancels the task but does not end it.
            if task is None or task.state == "cancelled":
                latest = Control(stop=True)
                return
            # On a busy machine a connection can fail, too; the next one counts.
            with suppress(OSError):
                latest = Control(**variable.get(timeout="5s"))

    thread = threading.Thread(target=poll, daemon=True, name=f"control of {run}")
    thread.start()
    try:
        yield lambda: latest
    finally:
        ended.set()
        thread.join()
