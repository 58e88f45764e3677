"""Filters that a network found by itself: each kernel, what it makes of the picture, and what happens without it."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.figures.montage import Cell, beside, montage_data, montage_figure, paint
from cnnlab.figures.style import to_json
from cnnlab.network.shapes import Row, summarize
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.pictures import Picture
from cnnlab.ui.text import _, translate
from cnnlab.vision.filters import Filter, filters, has_filters
from cnnlab.vision.kernels import KERNELS

COLUMNS = 8
LEAST = 840
"""Pixels of the montage's width below which its captions would overlap."""
SIDE = 28
"""Pixels at which a kernel is drawn beside its map."""


def body(picture: Picture) -> None:
    """A run, a moment, a layer; its filters; an operation on one of them."""
    run = timemachine.choose_run("learned")
    moment = timemachine.choose_moment(run, "learned")
    rows = summarize(run.network).rows
    shown = [row for row in rows if has_filters(row, rows[: row.index])]
    if not shown:
        st.info(_("This network has no layer whose weights are pictures."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.selectbox(
            _("Layer"), shown, format_func=lambda row: row.name, key=f"learned-layer-{run.id}", width=200
        )
        channel = _channel(row, run)
        own = st.toggle(_("each on its own scale"), key="learned-own", persist_state="session")
    try:
        weights = lab().weights(run.id, moment)
        maps = lab().feature_maps(run, moment, picture.fitted(run.network.input_shape))
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    found = filters(row, weights, run.network.input_shape, channel)
    # A separable convolution's kernels make no feature map by themselves: its 1×1 part mixes them.
    output = maps[row.name] if row.layer.kind != "SeparableConv2D" else np.empty(0)
    montage(found, output, own, "learned-montage")
    _answer(maps, run)
    _operation(run, moment, row, picture)


def _channel(row: Row, run: Run) -> int | None:
    """Through which input channel the kernels are seen."""
    count = row.input_shape[2] if row.input_shape and len(row.input_shape) == 3 else run.network.input_shape[2]
    if count == 1 or row.layer.kind != "Conv2D":
        return None
    chosen: int | None = st.selectbox(
        _("Input channel"),
        [None, *range(count)],
        format_func=lambda k: _("mean over all {count}", count=count) if k is None else str(k),
        key=f"learned-channel-{run.id}-{row.name}",
        width=200,
    )
    return chosen


def montage(found: list[Filter], output: np.ndarray, own: bool, key: str) -> None:
    """Kernels, each beside what it makes of a picture: `output` (height, width, filters), or nothing where it is not
    three-dimensional. `own`: each on its own scale."""
    limit = max(float(np.abs(one.kernel).max()) for one in found)
    brightest = float(output.max()) if output.ndim == 3 else 0.0
    cells = []
    for one in found:
        strongest = float(np.abs(one.kernel).max()) if own else limit
        enlarged = max(SIDE // one.kernel.shape[0], 1)
        drawn = [paint(one.kernel, "signed", strongest, enlarged)]
        if output.ndim == 3:
            feature = output[:, :, one.index]
            drawn.append(paint(feature, "grey", float(feature.max()) if own else brightest))
        cells.append(Cell(beside(drawn), _caption(one), _hover(one)))
    data = montage_data(cells, COLUMNS, label=0.3)
    alt = _("{count} kernels, each beside what it makes of the picture.", count=len(found))
    live_charts([Chart(to_json(montage_figure(data)), alt, data.aspect, least=LEAST)], key=key)
    st.caption(
        _(
            "Blue: positive weights, red: negative. Below each: the hand-designed kernel that it resembles most (1.00: "
            "the same but for its strength; −: with the sign turned)."
        )
    )


def _caption(one: Filter) -> str:
    name, cosine = one.like
    if not name:
        return str(one.index)
    sign = "−" if cosine < 0 else ""
    return f"{one.index}: {sign}{_short(translate(KERNELS[name].title))} {abs(cosine):.2f}"


def _short(title: str) -> str:
    return re.split("[,(]", title)[0].strip()[:14]


def _hover(one: Filter) -> str:
    figures = _(
        "filter {index}: bias {bias:.3f}, mean {mean:.3f}, spread {spread:.3f}, norm {norm:.3f}",
        index=one.index, bias=one.bias, mean=one.mean, spread=one.spread, norm=one.norm,
    )  # fmt: skip
    name, cosine = one.like
    return f"{figures}<br>{translate(KERNELS[name].title)}: {cosine:.3f}" if name else figures


def _answer(maps: dict[str, np.ndarray], run: Run) -> None:
    """What the network says at this moment."""
    scores = list(maps.values())[-1]
    names = DATASETS[run.training.dataset].class_names
    best = int(scores.argmax())
    st.markdown(
        _(
            "At this moment the network says **{answer}** ({share:.1%}).",
            answer=translate(names[best]),
            share=scores[best],
        )
    )


def _operation(run: Run, moment: Moment, row: Row, picture: Picture) -> None:
    """Switch a filter off, or flip its sign, and see what that costs."""
    if row.layer.kind not in ("Conv2D", "Dense"):
        return
    with st.expander(_("What if a filter were missing?"), key="surgery", on_change="rerun") as opened:
        if not opened.open:
            return
        assert row.output_shape is not None
        count = row.output_shape[-1]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            index = st.number_input(
                _("Filter"), min_value=0, max_value=count - 1, value=0, key=f"cut-{run.id}-{row.name}", width=130
            )
            how = st.segmented_control(
                _("Operation"), (0.0, -1.0), default=0.0, required=True, key="cut-how",
                format_func=lambda factor: _("switch off") if factor == 0 else _("flip the sign"),
            )  # fmt: skip
        if index is None:
            return
        try:
            image = picture.fitted(run.network.input_shape)
            before, after, said, says = lab().surgery(run, moment, row.name, index, how, image)
        except CNNLabError as error:
            errors.show(error)
            return
        names = DATASETS[run.training.dataset].class_names
        with st.container(horizontal=True, gap="large"):
            st.metric(_("Accuracy on 1,000 test images"), f"{after:.1%}", f"{after - before:+.1%}", width="content")
            for label, answer in ((_("The picture, before"), said), (_("The picture, after"), says)):
                best = int(answer.argmax())
                st.metric(label, f"{translate(names[best])} ({answer[best]:.0%})", width="content")
