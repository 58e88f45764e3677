"""The Transforms tab: shift, rotate or scale the image and see the prediction change."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.figures.transform_sweep import AXES, sweep_data, sweep_figure
from cnnlab.network.outputs import output_kind
from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.draw.explanation import TILE_PX, gray
from cnnlab.ui.draw.network_prediction import NetworkPrediction
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import outputs, run_labels
from cnnlab.ui.text import _, translate
from cnnlab.vision.transforms import RANGES, sweep, transform


def body(predictions: list[NetworkPrediction]) -> None:
    """Draw the slider, the transformed image, and the probability over the slider's whole range.

    The built-in dense network is shown for comparison.
    """
    first = predictions[0]
    kind = st.segmented_control(
        _("Transform"), list(RANGES), default="right", format_func=lambda kind: translate(AXES[kind]),
        required=True, key="dial-kind", persist_state="session",
    ) or "right"  # fmt: skip
    limits = RANGES[kind]
    amount = st.slider(
        translate(AXES[kind]), limits.low, limits.high, limits.neutral, step=(limits.high - limits.low) / 40,
        key=f"dial-{kind}", label_visibility="collapsed",
    )  # fmt: skip
    best = int(first.probabilities.argmax())
    lines = []
    networks = _with_dense(predictions)
    for name, run, moment, image in networks:
        values, images = sweep(image, kind)
        named = name if output_kind(run.network) == "probabilities" else _("{name} (score)", name=name)
        lines.append((named, lab().inference.probabilities(run, moment, images)[:, best]))
    changed = transform(first.image, **{kind: amount})
    probabilities = lab().inference.probabilities(first.run, first.moment, changed[np.newaxis])[0]
    left, right = st.columns([1, 3], gap="large")
    with left:
        pixels = paint(gray(changed), "gray", 1.0, max(TILE_PX // changed.shape[0], 1))
        data = montage_data([Cell(pixels)], 1)
        alt = _("The transformed image.")
        live_charts([Chart(montage_figure(data), alt, data.aspect)], key="dial-picture", width=TILE_PX)
        predicted = int(probabilities.argmax())
        label, share = errors.plain(first.classes[predicted]), outputs.share(probabilities[predicted], first.kind)
        st.markdown(_("Prediction after the transform: **{label}** ({share})", label=label, share=share))
    with right:
        probable = all(output_kind(run.network) == "probabilities" for _name, run, _moment, _image in networks)
        figure = sweep_figure(sweep_data(kind, values, lines), amount, first.classes[best], translate, probable)
        if probable:
            alt = _("The probability of {label} over the range of the slider.", label=first.classes[best])
        else:
            alt = _("The output for {label} over the range of the slider.", label=first.classes[best])
        live_charts([Chart(figure, alt)], key="dial-sweep")
    if {builtin.ID, builtin.DENSE} <= {run.id for _name, run, _moment, _image in networks}:
        st.caption(
            _(
                "Both networks have the same number of parameters and the same training data; only the "
                "architecture differs."
            )
        )


def _with_dense(predictions: list[NetworkPrediction]) -> list[tuple[str, Run, Moment, np.ndarray]]:
    """Return the networks to compare, including the built-in dense one if it takes images of this shape."""
    networks = [(one.title, one.run, one.moment, one.image) for one in predictions]
    dense, image = lab().runs.get(builtin.DENSE), predictions[0].image
    if dense.id not in {one.run.id for one in predictions} and dense.network.input_shape == image.shape:
        networks.append((run_labels.short(dense), dense, lab().snapshots.of(dense.id)[-1], image))
    return networks
