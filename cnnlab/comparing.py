"""Comparing runs: where their networks and settings differ, which are on the Pareto front, which is best in a budget.

Plain functions over runs and points; nothing is read or written.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cnnlab.network.layers import Layer
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.record import Run
from cnnlab.training.spec import TrainingSpec

Point = TypeVar("Point")

NOTHING = "–"


@dataclass(frozen=True)
class Difference:
    """One row of a table of what differs.

    Attributes:
        field: as Keras spells it; "" for a layer as a whole.
        values: one for each run, as text; `NOTHING` where it has none.
        layer: of the first run, 0 for its first; None for what is not a layer's.
        kind: the class of that layer.
        added: the layers that other runs have after `layer` (-1: before the first one), and the first has not.
    """

    field: str
    values: tuple[str, ...]
    layer: int | None = None
    kind: str = ""
    added: bool = False


def differences(runs: Sequence[Run]) -> list[Difference]:
    """Where the networks, then where the settings of runs differ; the first run is what the others are held against."""
    return [*_of_networks([run.network for run in runs]), *_of_settings([run.training for run in runs])]


def pareto(points: Iterable[Point], smaller: Callable[[Point], float], larger: Callable[[Point], float]) -> list[Point]:
    """The points than which no other is better, the one with the smallest `smaller` first.

    A point is better than another if it is not worse in either respect, and better in one. Equal points are all on the
    front; those with a figure that is no number are not.
    """
    front: list[Point] = []
    sound = (point for point in points if math.isfinite(smaller(point)) and math.isfinite(larger(point)))
    for point in sorted(sound, key=lambda point: (smaller(point), -larger(point))):
        last = front[-1] if front else None
        if (
            last is None
            or larger(point) > larger(last)
            or (smaller(point), larger(point)) == (smaller(last), larger(last))
        ):
            front.append(point)
    return front


def leaderboard(
    runs: Iterable[Run], most_parameters: int | None = None, most_seconds: float | None = None
) -> list[Run]:
    """The runs within the budget that have a validation accuracy, best first; of equal ones, the smaller first.

    Args:
        most_parameters: of the network.
        most_seconds: of training.
    """
    within = (
        run
        for run in runs
        if run.best_val_accuracy is not None
        and (most_parameters is None or run.parameters <= most_parameters)
        and (most_seconds is None or run.seconds <= most_seconds)
    )
    return sorted(within, key=lambda run: (-(run.best_val_accuracy or 0), run.parameters, run.seconds))


def _of_settings(specs: Sequence[TrainingSpec]) -> list[Difference]:
    rows = (Difference(name, tuple(_text(getattr(spec, name)) for spec in specs)) for name in TrainingSpec.model_fields)
    return [row for row in rows if _differs(row)]


def _of_networks(networks: Sequence[NetworkSpec]) -> list[Difference]:
    first, *others = networks
    # For each other network: which of its layers stands for each of the first one's, and which were added where.
    aligned = [_aligned(first, other) for other in others]
    rows = [Difference("input_shape", tuple(_text(network.input_shape) for network in networks))]
    for place in range(-1, len(first.layers)):
        if place >= 0:
            layers = [first.layers[place], *(standing[place] for standing, _ in aligned)]
            rows += _of_layers(place, layers)
        extra = [" → ".join(map(_layer, added[place])) or NOTHING for _, added in aligned]
        rows.append(Difference("", (NOTHING, *extra), layer=place, added=True))
    return [row for row in rows if _differs(row)]


def _of_layers(place: int, layers: Sequence[Layer | None]) -> list[Difference]:
    """How a layer of the first network differs from those that stand for it in the others."""
    first = layers[0]
    assert first is not None
    if any(layer is None or layer.kind != first.kind for layer in layers):
        shown = tuple(_layer(layer) if layer else NOTHING for layer in layers)
        return [Difference("", shown, place, first.kind)]
    return [
        Difference(name, tuple(_text(getattr(layer, name)) for layer in layers), place, first.kind)
        for name in first.fields()
    ]


def _aligned(first: NetworkSpec, other: NetworkSpec) -> tuple[list[Layer | None], dict[int, list[Layer]]]:
    """For each layer of `first` the one of `other` that stands for it (None: taken out); and what `other` has besides,
    by the layer of `first` after which it comes."""
    standing: list[Layer | None] = [None] * len(first.layers)
    added: dict[int, list[Layer]] = {place: [] for place in range(-1, len(first.layers))}
    kinds, others = ([str(layer.kind) for layer in network.layers] for network in (first, other))
    for _, a, a_end, b, b_end in difflib.SequenceMatcher(None, kinds, others, autojunk=False).get_opcodes():
        both = min(a_end - a, b_end - b)
        # Equal kinds, or as many as were replaced, stand for each other; the rest was taken out or added.
        standing[a : a + both] = other.layers[b : b + both]
        added[a + both - 1] += other.layers[b + both : b_end]
    return standing, added


def _differs(row: Difference) -> bool:
    return len(set(row.values)) > 1


def _layer(layer: Layer) -> str:
    """A layer in one line, with what is not as it comes: "Dropout(rate=0.25)"."""
    chosen = layer.model_dump(exclude={"kind"})
    return f"{layer.kind}({', '.join(f'{name}={_text(getattr(layer, name))}' for name in chosen)})"


def _text(value: Any) -> str:
    """A field's value for people."""
    if value is None or value in ("", ()):
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        return "×".join(map(str, value))
    if isinstance(value, tuple):
        # Hand-designed kernels: each row in a pair of brackets, as NumPy writes them.
        return " ".join(map(_matrix, value))
    return str(value)


def _matrix(rows: Sequence[Sequence[float]]) -> str:
    return "[" + ", ".join("[" + ", ".join(f"{number:g}" for number in row) + "]" for row in rows) + "]"
