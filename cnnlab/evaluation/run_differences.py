"""Compare runs: differences of their networks and settings, the Pareto front, and the best runs within a budget.

Pure functions over runs and points.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cnnlab.network.layers import Layer
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start
from cnnlab.runs.run import Run
from cnnlab.training.spec import TrainingSpec

Point = TypeVar("Point")

NOTHING = "–"


@dataclass(frozen=True)
class Difference:
    """One row of the table of differences.

    Attributes:
        field: its name in Keras; "" for a layer as a whole.
        values: one per run, as text; `NOTHING` if a run has none.
        layer: index of the layer in the first run; None if the field does not belong to a layer.
        kind: the class of that layer.
        added: whether the row shows layers that other runs have after `layer` (-1: before the first layer).
    """

    field: str
    values: tuple[str, ...]
    layer: int | None = None
    kind: str = ""
    added: bool = False


def differences(runs: Sequence[Run]) -> list[Difference]:
    """Return the differences of the networks, then of the settings; the first run is the reference."""
    return [*_network_differences([run.network for run in runs]), *_setting_differences([run.training for run in runs])]


def pareto(points: Iterable[Point], smaller: Callable[[Point], float], larger: Callable[[Point], float]) -> list[Point]:
    """Return the Pareto front: the points that no other point dominates, in increasing order of `smaller`.

    A point dominates another if it is at least as good in both criteria and better in one. Equal points are all on the
    front; points with NaN are not.

    Args:
        smaller: criterion to minimize.
        larger: criterion to maximize.
    """
    front: list[Point] = []
    finite = (point for point in points if math.isfinite(smaller(point)) and math.isfinite(larger(point)))
    for point in sorted(finite, key=lambda point: (smaller(point), -larger(point))):
        last = front[-1] if front else None
        if (
            last is None
            or larger(point) > larger(last)
            or (smaller(point), larger(point)) == (smaller(last), larger(last))
        ):
            front.append(point)
    return front


def leaderboard(runs: Iterable[Run], max_parameters: int | None = None, max_seconds: float | None = None) -> list[Run]:
    """Return the runs within a budget by decreasing validation accuracy; of equal ones, the smaller first.

    Args:
        max_parameters: limit of the network's parameters.
        max_seconds: limit of the training time.
    """
    within = (
        run
        for run in runs
        if run.best_val_accuracy is not None
        and (max_parameters is None or run.parameters <= max_parameters)
        and (max_seconds is None or run.seconds <= max_seconds)
    )
    return sorted(within, key=lambda run: (-(run.best_val_accuracy or 0), run.parameters, run.seconds))


def _setting_differences(specs: Sequence[TrainingSpec]) -> list[Difference]:
    rows = (Difference(name, tuple(_text(getattr(spec, name)) for spec in specs)) for name in TrainingSpec.model_fields)
    return [row for row in rows if _differs(row)]


def _network_differences(networks: Sequence[NetworkSpec]) -> list[Difference]:
    first, *others = networks
    # For each other network: its counterparts of the first network's layers, and its additional layers.
    aligned = [_align(first, other) for other in others]
    rows = [Difference("input_shape", tuple(_text(network.input_shape) for network in networks))]
    rows += _start_differences([network.start for network in networks])
    for index in range(-1, len(first.layers)):
        if index >= 0:
            layers = [first.layers[index], *(matched[index] for matched, _ in aligned)]
            rows += _layer_differences(index, layers)
        extra = [" → ".join(map(_layer, added[index])) or NOTHING for _, added in aligned]
        rows.append(Difference("", (NOTHING, *extra), layer=index, added=True))
    return [row for row in rows if _differs(row)]


def _start_differences(starts: Sequence[Start | None]) -> list[Difference]:
    """Return the differences in what networks start from: the run and its snapshot, and the number of layers."""

    def row(field: str, value: Callable[[Start], str]) -> Difference:
        return Difference(f"start.{field}", tuple(value(one) if one else NOTHING for one in starts))

    return [
        row("run", lambda one: f"{one.run} ({one.epoch}{f', {one.step}' if one.step else ''})"),
        row("taken", lambda one: str(one.taken)),
        row("frozen", lambda one: str(one.frozen)),
    ]


def _layer_differences(index: int, layers: Sequence[Layer | None]) -> list[Difference]:
    """Return the differences of a layer of the first network and its counterparts in the others."""
    first = layers[0]
    assert first is not None
    if any(layer is None or layer.kind != first.kind for layer in layers):
        shown = tuple(_layer(layer) if layer else NOTHING for layer in layers)
        return [Difference("", shown, index, first.kind)]
    return [
        Difference(name, tuple(_text(getattr(layer, name)) for layer in layers), index, first.kind)
        for name in first.fields()
    ]


def _align(first: NetworkSpec, other: NetworkSpec) -> tuple[list[Layer | None], dict[int, list[Layer]]]:
    """Match the layers of two networks.

    Returns:
        For each layer of `first` its counterpart in `other` (None: removed); and the additional layers of `other` by
        the index of the layer of `first` that they follow.
    """
    matched: list[Layer | None] = [None] * len(first.layers)
    added: dict[int, list[Layer]] = {index: [] for index in range(-1, len(first.layers))}
    kinds, others = ([str(layer.kind) for layer in network.layers] for network in (first, other))
    for _, a, a_end, b, b_end in difflib.SequenceMatcher(None, kinds, others, autojunk=False).get_opcodes():
        both = min(a_end - a, b_end - b)
        # Layers of equal kinds, or replaced ones, are matched in order; the rest were removed or added.
        matched[a : a + both] = other.layers[b : b + both]
        added[a + both - 1] += other.layers[b + both : b_end]
    return matched, added


def _differs(row: Difference) -> bool:
    return len(set(row.values)) > 1


def _layer(layer: Layer) -> str:
    """Return a layer in one line with its changed fields, such as "Dropout(rate=0.25)"."""
    chosen = layer.model_dump(exclude={"kind"})
    return f"{layer.kind}({', '.join(f'{name}={_text(getattr(layer, name))}' for name in chosen)})"


def _text(value: Any) -> str:
    """Return a field's value as text."""
    if value is None or value in ("", ()):
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        return "×".join(map(str, value))
    if isinstance(value, tuple):
        # Hand-designed kernels, written like NumPy arrays.
        return " ".join(map(_matrix, value))
    return str(value)


def _matrix(rows: Sequence[Sequence[float]]) -> str:
    return "[" + ", ".join("[" + ", ".join(f"{number:g}" for number in row) + "]" for row in rows) + "]"
