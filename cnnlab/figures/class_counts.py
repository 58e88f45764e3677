"""Chart of the images per class for training, validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated

TEST_COLOR = "#7a8793"

PARTS = ((N_("Training"), TRAINING, ""), (N_("Validation"), VALIDATION, "/"), (N_("Test"), TEST_COLOR, "x"))
"""Name, color and pattern of the parts; the pattern distinguishes them without color."""


class ClassesData(NamedTuple):
    """Number of images per class, in the order of `names`, for training, validation and test."""

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def classes_data(names: Sequence[str], *counts: Sequence[int]) -> ClassesData:
    """Return the data from the counts for training, validation and test, each (classes,)."""
    return ClassesData(tuple(names), tuple(tuple(int(count) for count in part) for part in counts))


def classes_figure(data: ClassesData, translate: Translate = untranslated, height: int = 340) -> Figure:
    """Draw grouped bars, one group per class."""
    bars = [
        {
            "type": "bar",
            "name": translate(name),
            "x": data.names,
            "y": counts,
            "marker": {"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6}},
            "hovertemplate": f"%{{x}}, {translate(name)}: %{{y:,}}<extra></extra>",
        }
        for (name, color, pattern), counts in zip(PARTS, data.counts, strict=True)
    ]
    return figure(
        bars,
        height,
        barmode="group",
        xaxis={"title": {"text": translate(N_("Class"))}, "type": "category", "showgrid": False},
        yaxis={"title": {"text": translate(N_("Number of images"))}, "rangemode": "tozero", "tickformat": ",d"},
        legend={"orientation": "h", "x": 0, "y": 1.12},
    )
