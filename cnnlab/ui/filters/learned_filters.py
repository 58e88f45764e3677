"""Learned filters: each kernel, its feature map, and the effect of switching it off."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.lab.inference import tested_images
from cnnlab.network.outputs import output_kind
from cnnlab.network.summary import Row, summarize
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import engine_status, network_stage, outputs
from cnnlab.ui.shared.filter_montage import montage
from cnnlab.ui.shared.picture_picker import Picture
from cnnlab.ui.text import _, n_, translate
from cnnlab.vision.filter_edits import EDITABLE, FilterEdit
from cnnlab.vision.filters import filters, has_filters


def body(picture: Picture) -> None:
    """Draw the choice of run, snapshot and layer, the layer's filters, and the ablation of one filter."""
    run, moment, image, _in_browser = network_stage.show(picture, "filters")
    rows = summarize(run.network).rows
    shown = [row for row in rows if has_filters(row, rows[: row.index])]
    if not shown:
        st.info(_("No layer of this network has weights that can be shown as images."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.selectbox(
            _("Layer"), shown, format_func=lambda row: row.name, key=f"learned-layer-{run.id}", width=200
        )
        channel = _channel(row, run)
        separate = st.toggle(_("Scale each kernel separately"), key="learned-own", persist_state="session")
    with engine_status.errors_shown():
        weights = lab().snapshots.weights(run.id, moment)
        maps = lab().inference.feature_maps(run, moment, image)
        found = filters(row, weights, run.network.input_shape, channel)
        # A separable convolution's kernels have no feature maps of their own: its 1×1 convolution mixes them.
        output = maps[row.name] if row.layer.kind != "SeparableConv2D" else np.empty(0)
        montage(found, output, separate, "learned-montage")
        _prediction(maps, run, moment)
        _ablation(run, moment, row, picture)


def _channel(row: Row, run: Run) -> int | None:
    """Draw the choice of input channel and return it; None for the mean over all channels."""
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


def _prediction(maps: dict[str, np.ndarray], run: Run, moment: Moment) -> None:
    """Draw the prediction at this snapshot; NotFiniteError if there is none."""
    scores, kind = list(maps.values())[-1], output_kind(run.network)
    if problem := outputs.problem(scores, run, moment):
        raise problem
    names = run.dataset.class_names
    best = int(scores.argmax())
    st.markdown(
        _(
            "Prediction at this snapshot: **{name}** ({share})",
            name=errors.plain(translate(names[best])),
            share=outputs.share(scores[best], kind),
        )
    )
    outputs.note(kind)


def _ablation(run: Run, moment: Moment, row: Row, picture: Picture) -> None:
    """Draw the effect of switching a filter off or flipping its sign."""
    if row.layer.kind not in EDITABLE:
        return
    when_open(st.expander, _("What if a filter were missing?"), "surgery", lambda: _surgery(run, moment, row, picture))


@errors.shown()
def _surgery(run: Run, moment: Moment, row: Row, picture: Picture) -> None:
    assert row.output_shape is not None
    count = row.output_shape[-1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.number_input(
            _("Filter"), min_value=0, max_value=count - 1, value=0, key=f"cut-{run.id}-{row.name}", width=130
        )
        factor = st.segmented_control(
            _("Operation"), (0.0, -1.0), default=0.0, required=True, key="cut-how",
            format_func=lambda factor: _("Switch off") if factor == 0 else _("Flip the sign"),
        )  # fmt: skip
    if index is None:
        return
    image = picture.prepared(run.dataset)
    edit = FilterEdit(row.name, index, factor)
    accuracy, ablated, scores, ablated_scores = lab().inference.surgery(run, moment, [edit], image)
    names = run.dataset.class_names
    with st.container(horizontal=True, gap="large"):
        st.metric(_tested(run), f"{ablated:.1%}", f"{ablated - accuracy:+.1%}", width="content")
        for label, shares in ((_("Prediction before"), scores), (_("Prediction after"), ablated_scores)):
            best = int(shares.argmax())
            share = outputs.share(shares[best], output_kind(run.network), 0)
            st.metric(label, f"{errors.plain(translate(names[best]))} ({share})", width="content")


def _tested(run: Run) -> str:
    """Return the title of the accuracy."""
    count = tested_images(run)
    return n_("Accuracy on {count:,} test image", "Accuracy on {count:,} test images", count=count)
