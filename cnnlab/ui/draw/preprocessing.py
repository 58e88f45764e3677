"""The Network input tab: the steps from a drawing to 28×28 pixels, with switches, and what each step contributes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.heatmap import EDGE_COLOR, map_data, map_figure
from cnnlab.figures.montage import Cell, fit_square, montage_data, montage_figure, paint
from cnnlab.network.outputs import output_kind
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.draw.state import DrawState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.shared import outputs
from cnnlab.ui.shared.picture_picker import Picture
from cnnlab.ui.text import _, translate
from cnnlab.vision.digit_preprocessing import IMAGE_SIDE, STEPS, Digit, prepare

MIN_WIDTH_PX = 560
"""Width of a row of images below which their captions would overlap."""
TILE_PX = 112
"""Width of an image."""
CHANGED_FRAME = "#d5473c"
"""Frame color of a prediction that differs from the one with all steps."""


def body(digit: Digit | None, picture: Picture, run: Run, moment: Moment) -> None:
    """Draw the network input, and the preprocessing steps if there were any."""
    left, right = st.columns([3, 1], gap="large")
    with right:
        st.markdown(_("**Network input** · :small[hover over a pixel for its value]"))
        shown = picture.gray
        figure = map_figure(map_data(shown, limit=1.0))
        alt = _("The image as the network receives it.")
        live_charts([Chart(figure, alt, shown.shape[0] / shown.shape[1])], "seen")
    if digit is None:
        return
    with left:
        st.markdown(_("**From drawing to 28×28 pixels**, prepared like the digits in MNIST"))
        _switches()
        _steps(digit)
        if run.network.input_shape == (IMAGE_SIDE, IMAGE_SIDE, 1):
            _contributions(digit, run, moment)


def _switches() -> None:
    """Draw one switch per step; the page is redrawn if one changed."""
    chosen = state(DrawState).preprocessing
    with st.container(horizontal=True):
        wanted = {
            step: st.toggle(translate(title), value=chosen.get(step, True), key=f"seen-{step}")
            for step, title in STEPS.items()
        }
    if wanted != {step: chosen.get(step, True) for step in STEPS}:
        state(DrawState).preprocessing = wanted
        redraw()


def _steps(digit: Digit) -> None:
    cells = [
        Cell(
            fit_square(paint(step.image, "gray", 1.0), TILE_PX),
            caption=f"{k}. {translate(step.title)}",
            frame=EDGE_COLOR,
        )
        for k, step in enumerate(digit.steps, 1)
    ]
    data = montage_data(cells, len(cells), label=0.2)
    alt = _("The drawing after each preprocessing step.")
    live_charts([Chart(montage_figure(data, size=13), alt, data.aspect, least=MIN_WIDTH_PX)], key="seen-steps")


def _contributions(digit: Digit, run: Run, moment: Moment) -> None:
    """Draw the predictions for the same drawing with each step left out."""
    drawing = digit.steps[0].image
    variants = {_("all steps"): {}, **{_("without “{step}”", step=translate(STEPS[s])): {s: False} for s in STEPS}}
    variants[_("no steps")] = dict.fromkeys(STEPS, False)
    images = [prepare(drawing, **switches).image for switches in variants.values()]
    predictions = lab().inference.probabilities(run, moment, np.stack(images)[..., np.newaxis])
    names = [translate(name) for name in run.dataset.class_names]
    usual, kind = int(predictions[0].argmax()), output_kind(run.network)
    cells = []
    for title, image, probabilities in zip(variants, images, predictions, strict=True):
        best = int(probabilities.argmax())
        predicted = _("{label} ({share})", label=names[best], share=outputs.share(probabilities[best], kind, 0))
        cells.append(
            Cell(
                fit_square(paint(image, "gray", 1.0), TILE_PX),
                caption=f"{title}<br>{predicted}",
                hover=_("{label}: {share}", label=names[usual], share=outputs.share(probabilities[usual], kind)),
                frame=EDGE_COLOR if best == usual else CHANGED_FRAME,
            )
        )
    st.markdown(_("**What each step contributes**: the prediction without it · :small[red frame: prediction changes]"))
    data = montage_data(cells, len(cells), label=0.42)
    alt = _("The image and the prediction with each step left out.")
    live_charts([Chart(montage_figure(data, size=12), alt, data.aspect, least=MIN_WIDTH_PX)], key="seen-worth")
