"""Set up a worker when it starts: lower its priority, and import TensorFlow in the background."""

from __future__ import annotations

import importlib
import random
import sys
import threading
from typing import Any

import psutil

from cnnlab.engine.protocol import TRAIN


def dask_setup(worker: Any) -> None:
    """Set up the worker; called by Dask (preload)."""
    # Imported here because Dask is slow to import.
    from dask import sizeof

    if TRAIN in worker.state.total_resources:
        # Training runs at low priority, so that pages and the inference worker stay responsive.
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process().nice(19)
    # Dask's size estimates draw random samples in another thread than training. They need their own generator: Keras
    # draws its seeds from the global one, so the same run would sometimes start with different weights.
    sizeof.random = random.Random()
    threading.Thread(target=importlib.import_module, args=("cnnlab.engine.worker.training",), daemon=True).start()
