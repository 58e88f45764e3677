"""What the network saw: the steps from a drawing to 28×28 pixels, each with a switch, and what each was worth."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.drawing import SIDE, STEPS, Digit, prepare
from cnnlab.figures.maps import EDGE, map_data, map_figure
from cnnlab.figures.montage import Cell, framed, montage_data, montage_figure, paint
from cnnlab.figures.style import to_json
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.pictures import Picture
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate

LEAST = 560
"""Pixels of a row of pictures below which their captions would overlap."""
SHOWN = 112
"""Pixels of a step's picture."""


def body(digit: Digit | None, picture: Picture, run: Run, moment: Moment) -> None:
    """The steps of a drawing, or just the picture."""
    left, right = st.columns([3, 1], gap="large")
    with right:
        st.markdown(_("**What the network was shown** · :small[point at a pixel for its number]"))
        shown = picture.grey
        figure = to_json(map_figure(map_data(shown, limit=1.0)))
        live_charts([Chart(figure, _("The picture as the network sees it."), shown.shape[0] / shown.shape[1])], "seen")
    if digit is None:
        return
    with left:
        st.markdown(_("**From the drawing to 28×28 pixels**, as MNIST’s own digits were prepared"))
        _switches()
        _steps(digit)
        if run.network.input_shape == (SIDE, SIDE, 1):
            _worth(digit, run, moment)


def _switches() -> None:
    chosen = session().preparation
    with st.container(horizontal=True):
        wanted = {
            step: st.toggle(translate(title), value=chosen.get(step, True), key=f"seen-{step}")
            for step, title in STEPS.items()
        }
    if wanted != {step: chosen.get(step, True) for step in STEPS}:
        session().preparation = wanted
        redraw()


def _steps(digit: Digit) -> None:
    cells = [
        Cell(framed(paint(step.image, "grey", 1.0), SHOWN), caption=f"{k}. {translate(step.title)}", frame=EDGE)
        for k, step in enumerate(digit.steps, 1)
    ]
    data = montage_data(cells, len(cells), label=0.2)
    alt = _("The drawing after each step of its preparation.")
    live_charts([Chart(to_json(montage_figure(data, size=13)), alt, data.aspect, least=LEAST)], key="seen-steps")


def _worth(digit: Digit, run: Run, moment: Moment) -> None:
    """The answer to the same drawing with one step left out."""
    drawing = digit.steps[0].image
    ways = {_("all steps"): {}, **{_("without “{step}”", step=translate(STEPS[s])): {s: False} for s in STEPS}}
    ways[_("no step")] = dict.fromkeys(STEPS, False)
    images = [prepare(drawing, **switches).image for switches in ways.values()]
    answers = lab().probabilities(run, moment, np.stack(images)[..., np.newaxis])
    names = [translate(name) for name in DATASETS[run.training.dataset].class_names]
    usual = int(answers[0].argmax())
    cells = []
    for way, image, answer in zip(ways, images, answers, strict=True):
        best = int(answer.argmax())
        said = _("{answer} ({share:.0%})", answer=names[best], share=answer[best])
        cells.append(
            Cell(
                framed(paint(image, "grey", 1.0), SHOWN),
                caption=f"{way}<br>{said}",
                hover=_("{answer}: {share:.1%}", answer=names[usual], share=answer[usual]),
                frame=EDGE if best == usual else OTHER,
            )
        )
    st.markdown(_("**What each step is worth**: the same drawing without it · :small[red frame: another answer]"))
    data = montage_data(cells, len(cells), label=0.42)
    alt = _("The picture and the answer with each step left out.")
    live_charts([Chart(to_json(montage_figure(data, size=12)), alt, data.aspect, least=LEAST)], key="seen-worth")


OTHER = "#d5473c"
"""Frames an answer that differs from that with all steps."""
