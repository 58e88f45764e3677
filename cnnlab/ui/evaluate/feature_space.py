"""The Feature space tab: images as points, positioned by the features of the last hidden layer."""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np
import streamlit as st

from cnnlab.figures.feature_space import scatter_data, scatter_figure
from cnnlab.figures.thumbnails import Thumbnails, thumbnails
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.evaluate.evaluated import EvaluatedRun
from cnnlab.ui.evaluate.examples import selected_image
from cnnlab.ui.evaluate.state import EvaluateState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.text import _, translate

MAX_IMAGES = {"pca": 3000, "tsne": 1000}

Method = Literal["pca", "tsne"]


def body(evaluated: EvaluatedRun) -> None:
    """Draw the scatter plot and the selected image."""
    page, found = state(EvaluateState), evaluated.found
    names: dict[Method, str] = {"pca": _("PCA (fast)"), "tsne": _("t-SNE (slow)")}
    method = st.segmented_control(
        _("Projection"), list(names), default="pca", format_func=names.__getitem__, required=True, key="space-method"
    ) or "pca"  # fmt: skip
    images = found.images[: MAX_IMAGES[method]]
    count, checksum = len(images), zlib.crc32(images.tobytes())
    with st.spinner(_("Projecting {count:,} images …", count=count), show_time=True):
        points = _points(evaluated.run.id, evaluated.moment, evaluated.written, method, checksum, evaluated.run, images)
    data = scatter_data(points, found.labels[:count], found.probabilities[:count], evaluated.classes, found.kind)
    alt = _("The images as points: nearby points look alike to the last hidden layer.")
    chart = Chart(scatter_figure(data, translate), alt, thumbnails=_thumbnails(checksum, images))
    click = live_charts([chart], key=f"space-{method}", clickable=True)
    st.caption(
        _(
            "Each point is one of the first {count:,} images, colored by its class; crosses are "
            "mistakes. Nearby points look alike to the last hidden layer; the axes have no meaning.",
            count=count,
        )
    )
    if click:
        page.image = data.nearest(click.x, click.y)
        redraw()
    selected_image(evaluated)


@st.cache_data(max_entries=16, show_spinner=False)
def _points(
    run: str, moment: Moment, written: int, method: Method, checksum: int, _run: Run, _images: np.ndarray
) -> np.ndarray:
    """Return the points of the images, float (n, 2).

    Cached, since t-SNE takes seconds and every click redraws the page. `written` and `checksum` are part of the cache
    key: the weights of a snapshot and the images can change.
    """
    return lab().evaluation.project(_run, moment, _images, method)


@st.cache_data(max_entries=16, show_spinner=False)
def _thumbnails(checksum: int, _images: np.ndarray) -> Thumbnails:
    return thumbnails(_images)
