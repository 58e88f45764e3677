"""Networks as messages for the browser, which computes them while someone draws."""

from __future__ import annotations

import functools

from cnnlab.datasets import available
from cnnlab.errors import CNNLabError
from cnnlab.export import live_network
from cnnlab.lab.inference import Inference
from cnnlab.lab.snapshots import Snapshots
from cnnlab.runs.run import Run
from cnnlab.settings import Settings
from cnnlab.training.snapshots import Moment, Weights

KEPT = 4
"""Number of messages in memory, the ones used last; one takes at most 20 MB."""
MEASURED = 1000
"""Number of snapshots of which the effect of rounding is remembered, the ones used last."""


class LiveNetworks:
    """Writes the messages. A weight is float16 where that hardly changes a probability."""

    def __init__(self, settings: Settings, snapshots: Snapshots, inference: Inference) -> None:
        self._settings = settings
        self._snapshots = snapshots
        self._inference = inference
        self._kept = functools.lru_cache(maxsize=KEPT)(self._write)
        self._hardly_changes = functools.lru_cache(maxsize=MEASURED)(self._measure)

    def key(self, run: Run, moment: Moment) -> str:
        """Return the name of a network and its weights, for caches."""
        return f"{run.id}/{moment.file}/{self._snapshots.written(run.id, moment)}"

    def message(self, run: Run, moment: Moment) -> bytes:
        """Return the network of a run at a snapshot; see `live_network.write`.

        Raises:
            CNNLabError: the browser cannot compute the network, or its weights are gone.
            NotFiniteError: a weight is NaN or infinite.
        """
        live_network.check(run.network)
        self._snapshots.check_finite(run.id, moment)
        return self._kept(self.key(run, moment), run, moment)

    def _write(self, key: str, run: Run, moment: Moment) -> bytes:
        weights = self._snapshots.weights(run.id, moment)
        return live_network.write(key, run.network, weights, self._may_be_rounded(key, run, moment, weights))

    def _may_be_rounded(self, key: str, run: Run, moment: Moment, weights: Weights) -> bool:
        """Return whether float16 suffices: it is exact, or the worker has measured that it changes little enough."""
        if live_network.equal(weights, live_network.rounded(weights)):
            return True
        if sum(array.nbytes for arrays in weights.values() for array in arrays) <= live_network.SMALL_BYTES:
            return False
        if not available(run.training.dataset, self._settings):
            return False
        try:
            return self._hardly_changes(key, run, moment)
        except CNNLabError:
            # The workers are starting: not measured, so not rounded.
            return False

    def _measure(self, key: str, run: Run, moment: Moment) -> bool:
        return self._inference.rounding_change(run, moment) <= live_network.MAX_CHANGE
