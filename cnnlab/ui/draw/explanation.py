"""The Explanation tab: the regions that matter, similar training images, and a change that flips the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnnlab.figures.heatmap import map_data
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, paint_image
from cnnlab.figures.overlay import overlay
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import outputs
from cnnlab.ui.shared.heat_maps import heat_maps
from cnnlab.ui.text import _, n_

if TYPE_CHECKING:
    from cnnlab.ui.draw.network_prediction import NetworkPrediction

TILE_PX = 196
"""Approximate width of an enlarged image."""
NEIGHBORS = 12


def body(prediction: NetworkPrediction) -> None:
    """Draw the tab."""
    best = int(prediction.probabilities.argmax())
    target = st.pills(
        _("Explain prediction for class"), range(len(prediction.classes)), default=best,
        format_func=prediction.classes.__getitem__, required=True, key=f"why-{prediction.run.id}-{best}",
    )  # fmt: skip
    _attribution(prediction, best if target is None else target)
    left, right = st.columns(2, gap="large")
    with left:
        _similar_images(prediction)
    with right:
        _counterfactual(prediction, best)


def _attribution(prediction: NetworkPrediction, target: int) -> None:
    """Draw heat maps of the regions that matter for the class `target`."""
    found = lab().inference.explain(prediction.run, prediction.moment, prediction.image, target)
    image = gray(prediction.image)
    enlarged = max(TILE_PX // image.shape[0], 1)
    maps = heat_maps(found, prediction.kind)
    cells = [
        Cell(overlay(image, shown.heat, enlarged), caption=shown.name, hover=shown.text)
        for shown in maps
        if shown.heat is not None
    ]
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    if cells:
        data = montage_data(cells, len(cells), label=0.12)
        alt = _("Heat maps of the regions that matter: {names}.", names=", ".join(cell.caption for cell in cells))
        with left:
            live_charts([Chart(montage_figure(data, size=14), alt, data.aspect)], key="why-heat")
    with right:
        st.markdown("\n".join(f"- **{shown.name}**: {shown.text}" for shown in maps))


def _similar_images(prediction: NetworkPrediction) -> None:
    st.markdown(_("**Most similar training images**"))
    found = lab().inference.nearest(prediction.run, prediction.moment, prediction.image, NEIGHBORS)
    names = prediction.classes
    cells = [
        Cell(
            paint_image(image, 2),
            caption=names[label],
            hover=_("{label}, training image {index}: distance {distance:.3f}", label=names[label], index=index,
                    distance=distance),
        )
        for image, label, index, distance in zip(
            found.images, found.labels, found.indices, found.distances, strict=True
        )
    ]  # fmt: skip
    data = montage_data(cells, 6, label=0.3)
    alt = _("The training images closest to the input in the last hidden layer.")
    live_charts([Chart(montage_figure(data, size=13), alt, data.aspect)], key="why-alike")
    st.caption(
        n_(
            "Closest in the last hidden layer, out of {count:,} training image.",
            "Closest in the last hidden layer, out of {count:,} training images.",
            count=found.searched,
        )
    )


def _counterfactual(prediction: NetworkPrediction, best: int) -> None:
    """Draw a small change of the image that makes the network predict another class."""
    st.markdown(_("**What would change the prediction?**"))
    others = [k for k in range(len(prediction.classes)) if k != best]
    target = st.pills(_("Target class"), others, format_func=prediction.classes.__getitem__, key=f"towards-{best}")
    if target is None:
        st.caption(_("Choose a class: small steps along the network’s gradient change the image until it predicts it."))
        return
    images, probabilities = lab().inference.towards(prediction.run, prediction.moment, prediction.image, target)
    first, last = gray(images[0]), gray(images[-1])
    difference = last - first
    enlarged = max(TILE_PX // 2 // first.shape[0], 1)
    cells = [
        Cell(paint(first, "gray", 1.0, enlarged), caption=_("before")),
        Cell(paint(difference, "signed", map_data(difference).limit, enlarged), caption=_("change")),
        Cell(paint(last, "gray", 1.0, enlarged), caption=_("after")),
    ]
    data = montage_data(cells, 3, label=0.2)
    alt = _("The image before the change, the change, and the image after it.")
    live_charts([Chart(montage_figure(data, size=13), alt, data.aspect)], key="why-towards", width=420)
    predicted = int(probabilities[-1].argmax())
    steps, share = len(images) - 1, outputs.share(probabilities[-1][predicted], prediction.kind, 0)
    values = {"label": errors.plain(prediction.classes[predicted]), "share": share}
    if predicted == target:
        text = n_(
            "After {count} small step, the network predicts {label} ({share}). Other changes would work, too.",
            "After {count} small steps, the network predicts {label} ({share}). Other changes would work, too.",
            count=steps,
            **values,
        )
    else:
        text = n_(
            "Even after {count} small step, the network still predicts {label} ({share}).",
            "Even after {count} small steps, the network still predicts {label} ({share}).",
            count=steps,
            **values,
        )
    st.caption(text)


def gray(image: np.ndarray) -> np.ndarray:
    """Return an image (height, width, channels) in gray, (height, width)."""
    return image[:, :, 0] if image.shape[2] == 1 else image.mean(axis=2)
