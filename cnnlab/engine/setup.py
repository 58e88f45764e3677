"""What every worker does when it starts: step back behind the pages, and import TensorFlow in the background."""

from __future__ import annotations

import importlib
import random
import sys
import threading
from typing import Any

import psutil

from cnnlab.engine.names import TRAIN


def dask_setup(worker: Any) -> None:
    """Called by Dask (preload)."""
    # Imported here: whoever looks through the package should not have to wait for Dask.
    from dask import sizeof

    if TRAIN in worker.state.total_resources:
        # Pages ask the inference worker; they should answer while a run trains.
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process().nice(19)
    # Dask estimates sizes from random samples, in another thread than training: with the generator that Keras's seeds
    # come from, the same run would now and then begin with other weights.
    sizeof.random = random.Random()
    threading.Thread(target=importlib.import_module, args=("cnnlab.engine.tasks",), daemon=True).start()
