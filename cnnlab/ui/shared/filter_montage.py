"""Kernels in one chart, each with its feature map."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, side_by_side
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.text import _, n_, translate
from cnnlab.vision.filters import Filter

GRID_COLUMNS = 8
MIN_WIDTH_PX = 840
"""Below this width, the captions would overlap."""
KERNEL_PX = 28
"""Size of a kernel next to its feature map."""


def montage(found: list[Filter], output: np.ndarray, separate: bool, key: str) -> None:
    """Draw kernels with their feature maps.

    Args:
        found: the filters.
        output: the feature maps, (height, width, filters); ignored unless three-dimensional.
        separate: whether each kernel has its own color scale.
    """
    limit = max(float(np.abs(item.kernel).max()) for item in found)
    brightest = float(output.max()) if output.ndim == 3 else 0.0
    cells = []
    for item in found:
        strongest = float(np.abs(item.kernel).max()) if separate else limit
        scale = max(KERNEL_PX // item.kernel.shape[0], 1)
        drawn = [paint(item.kernel, "signed", strongest, scale)]
        if output.ndim == 3:
            feature = output[:, :, item.index]
            drawn.append(paint(feature, "gray", float(feature.max()) if separate else brightest))
        cells.append(Cell(side_by_side(drawn), _caption(item), _hover(item)))
    data = montage_data(cells, GRID_COLUMNS, label=0.3)
    alt = n_(
        "{count} kernel with its feature map.",
        "{count} kernels, each with its feature map.",
        count=len(found),
    )
    live_charts([Chart(montage_figure(data), alt, data.aspect, least=MIN_WIDTH_PX)], key=key)
    st.caption(
        _(
            "Blue: positive, red: negative. Below each: the most similar hand-designed kernel with its "
            "cosine similarity (1.00 = same pattern, − = inverted)."
        )
    )


def _caption(item: Filter) -> str:
    name, cosine = item.most_similar
    if not name:
        return str(item.index)
    sign = "−" if cosine < 0 else ""
    return f"{item.index}: {sign}{_short(translate(KERNELS[name].title))} {abs(cosine):.2f}"


def _short(title: str) -> str:
    return re.split("[,(]", title)[0].strip()[:14]


def _hover(item: Filter) -> str:
    values = _(
        "filter {index}: bias {bias:.3f}, mean {mean:.3f}, std {std:.3f}, norm {norm:.3f}",
        index=item.index, bias=item.bias, mean=item.mean, std=item.std, norm=item.norm,
    )  # fmt: skip
    name, cosine = item.most_similar
    return f"{values}<br>{translate(KERNELS[name].title)}: {cosine:.3f}" if name else values
