"""How many images of each class are trained on, kept aside for validation, and kept for the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure
from cnnlab.marks import N_, Translate, untranslated

TEST = "#7a8793"

LOOKS = ((N_("Training"), TRAINING, ""), (N_("Validation"), VALIDATION, "/"), (N_("Test"), TEST, "x"))
"""Name, colour and pattern of the three parts: they can be told apart without colour."""


class ClassesData(NamedTuple):
    """Images of each class, in the order of `names`, for training, validation and test."""

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def classes_data(names: Sequence[str], *counts: Sequence[int]) -> ClassesData:
    """Of the counts for training, validation and test, each (classes,)."""
    return ClassesData(tuple(names), tuple(tuple(int(count) for count in part) for part in counts))


def classes_figure(data: ClassesData, translate: Translate = untranslated, height: int = 340) -> Figure:
    """The bars of a class stand beside each other."""
    bars = [
        {
            "type": "bar",
            "name": translate(name),
            "x": data.names,
            "y": counts,
            "marker": {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6}},
            "hovertemplate": f"%{{x}}, {translate(name)}: %{{y:,}}<extra></extra>",
        }
        for (name, colour, pattern), counts in zip(LOOKS, data.counts, strict=True)
    ]
    return figure(
        bars,
        height,
        barmode="group",
        xaxis={"title": {"text": translate(N_("Class"))}, "type": "category", "showgrid": False},
        yaxis={"title": {"text": translate(N_("Number of images"))}, "rangemode": "tozero", "tickformat": ",d"},
        legend={"orientation": "h", "x": 0, "y": 1.12},
    )
