"""Find the weights that a network starts with in other runs, by `network.start`."""

from __future__ import annotations

import functools
import io

import numpy as np

from cnnlab.errors import NetworkError, StoreError
from cnnlab.i18n.marks import N_
from cnnlab.lab.snapshots import Snapshots
from cnnlab.network.arithmetic import Shape
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start
from cnnlab.network.summary import Row, summarize, weight_shapes
from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.training.snapshots import Moment, Weights

FROM_SCRATCH = "from-scratch"
"""The quick fix of every error here."""
KEPT = 100
"""Number of snapshots whose shapes are remembered, the ones used last."""


class StartWeights:
    """The weights that networks start with, from runs of this Lab and built-in networks."""

    def __init__(self, store: RunStore, snapshots: Snapshots) -> None:
        self._store = store
        self._snapshots = snapshots
        self._shapes = functools.lru_cache(maxsize=KEPT)(self._read_shapes)

    def run(self, start: Start) -> Run:
        """Return the run that a network starts from; NetworkError if this Lab does not have it."""
        if start.run in builtin.NAMES:
            return builtin.run(start.run)
        try:
            return self._store.get(start.run)
        except StoreError as error:
            if error.__cause__:
                # The Lab's folder cannot be read; whether there is such a run is not known.
                raise
            raise _problem(
                N_("The network starts with the weights of the run “{run}”, which this Lab does not have."),
                N_("Import that run, start from another network, or train from scratch."),
                run=start.run[:40].encode(errors="replace").decode(),
            ) from None

    def check(self, network: NetworkSpec) -> None:
        """Check that the weights that a network starts with exist and fit; a network without a start needs none.

        Raises:
            NetworkError: they do not; its quick fix is to train from scratch.
        """
        if network.start is None:
            return
        name, moment = self.run(network.start).name, Moment(network.start.epoch, network.start.step)
        written = self._snapshots.written(network.start.run, moment)
        if not written:
            raise _problem(
                N_("The network starts with a snapshot of the run “{run}” that no longer exists (epoch {epoch})."),
                N_("Start from another snapshot, or train from scratch."),
                run=name,
                epoch=moment.epoch,
            )
        given = self._shapes(network.start.run, moment, written)[: network.start.taken]
        rows = [summarize(network).rows[index] for index in network.taken]
        # A layer that does not fit its input has no shapes; `summary.check` says so.
        known = [(row, shapes) for row, shapes in zip(rows, given, strict=False) if row.output_shape]
        wrong = next((row for row, shapes in known if weight_shapes(row) != list(shapes)), None)
        if wrong or len(given) < network.start.taken:
            raise _other_weights(name, wrong)

    def weights(self, network: NetworkSpec) -> Weights | None:
        """Return the weights that the first layers start with: layer name -> its arrays; None without a start.

        Raises:
            NetworkError: they do not exist or do not fit.
            NotFiniteError: they are NaN or infinite.
        """
        if network.start is None:
            return None
        self.check(network)
        moment = Moment(network.start.epoch, network.start.step)
        self._snapshots.check_finite(network.start.run, moment)
        found = self._snapshots.weights(network.start.run, moment).values()
        # The layers are counted again, since layers without weights may have been added or removed in between.
        names = [summarize(network).rows[index].name for index in network.taken]
        return dict(zip(names, found, strict=False))

    def file(self, network: NetworkSpec) -> bytes:
        """Return the weights as the file that the exported script loads; raises like `weights`."""
        return pack(self.weights(network) or {})

    def _read_shapes(self, run: str, moment: Moment, written: int) -> tuple[tuple[Shape, ...], ...]:
        """Cached, since Build asks after every change; `written` invalidates the cache."""
        found = self._snapshots.weights(run, moment).values()
        return tuple(tuple(array.shape for array in arrays) for arrays in found)


def pack(weights: Weights) -> bytes:
    """Return weights as an .npz file with the arrays "conv2d.0", "conv2d.1", ..."""
    content = io.BytesIO()
    arrays = {f"{name}.{k}": array for name, found in weights.items() for k, array in enumerate(found)}
    np.savez(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _problem(problem: str, remedy: str, **values: object) -> NetworkError:
    return NetworkError(problem, remedy, **values).at(None, field="start", quick_fix=FROM_SCRATCH)


def _other_weights(name: str, row: Row | None) -> NetworkError:
    if row is None:
        return _problem(
            N_("The run “{run}” has fewer layers with weights than this network takes from it."),
            N_("Start from it again, or train from scratch."),
            run=name,
        )
    return _problem(
        N_("The weights of the run “{run}” do not fit layer {number} ({kind})."),
        N_("Undo the change of the layers, or train from scratch."),
        run=name,
        number=row.index + 1,
        kind=row.layer.kind,
    )
