"""Shape and division of an image set: how its images will look, and which are for validation and test."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from cnnlab.datasets.image_sets import Contents, ImageSet, Shape, Shares
from cnnlab.datasets.image_sets.shaping import FITS, MAX_SIZE, MIN_SIZE, shaped
from cnnlab.datasets.image_sets.splitting import TEST, VALIDATION
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.figures.montage import Cell, fit_square, montage_data, montage_figure, paint_image
from cnnlab.network.summary import format_shape
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import pressed
from cnnlab.ui.data import progress
from cnnlab.ui.lab import lab
from cnnlab.ui.text import _

PREVIEWED = 10
BEFORE_PX = 112
"""Side of a preview of an original."""


def body(id: str) -> None:
    """Draw the form with its preview, and the button that applies it."""
    with errors.shown():
        found, inside = lab().image_sets.get(id), contents(id)
        if progress.running():
            return
        shape = _shape(found, inside)
        _preview(found, inside, shape)
        shares = _shares(found, inside)
        if pressed(
            st.button, _("Apply"), type="primary", icon=":material/check:", key=f"set-apply-{id}",
            disabled=(shape, shares) == (found.shape, found.shares),
        ):  # fmt: skip
            progress.change(Task("change", id, shape=shape, shares=shares))


def contents(id: str) -> Contents:
    """Return what is in an image set, cached as long as it is the same."""
    return _contents(id, lab().image_sets.get(id).digest)


@st.cache_resource(max_entries=4, show_spinner=False)
def _contents(id: str, digest: str) -> Contents:
    return lab().image_sets.contents(id)


def _shape(found: ImageSet, inside: Contents) -> Shape:
    fits = {"crop": _("Crop"), "pad": _("Pad"), "stretch": _("Stretch")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.number_input(
            _("Height and width in pixels"), MIN_SIZE, MAX_SIZE, found.shape.size, 1, key=f"set-size-{found.id}",
            width=200,
        )  # fmt: skip
        color = st.segmented_control(
            _("Color"), [False, True], default=found.shape.color, required=True, key=f"set-color-{found.id}",
            format_func=lambda color: _("Color") if color else _("Gray"),
        )  # fmt: skip
        fit = st.segmented_control(
            _("Images that are not square"), list(FITS), default=found.shape.fit, required=True,
            format_func=fits.__getitem__, key=f"set-fit-{found.id}",
        )  # fmt: skip
    st.caption(
        _(
            "Suggested for these images: {shape}. Small images train faster, large ones show more.",
            shape=format_shape(inside.suggested.input_shape),
        )
    )
    return Shape(int(size), bool(color), fit or found.shape.fit)


def _preview(found: ImageSet, inside: Contents, shape: Shape) -> None:
    """Draw ten images before and after."""
    chosen = inside.images[np.unique(np.linspace(0, len(inside.images) - 1, PREVIEWED).astype(int))].tolist()
    files = _originals(found.id, tuple(chosen))
    after = [paint_image(shaped(file, shape), max(BEFORE_PX // shape.size, 1)) for _name, file in files]
    charts = [
        _row([_painted(file) for _name, file in files], _("Before"), _("Images as they came.")),
        _row(after, _("After"), _("The same images as a network gets them.")),
    ]
    live_charts(charts, key=f"set-preview-{found.id}", stacked=True)


@st.cache_data(max_entries=8, show_spinner=False)
def _originals(id: str, numbers: tuple[int, ...]) -> list[tuple[str, bytes]]:
    return lab().image_sets.originals(id, numbers)


def _painted(file: bytes) -> np.ndarray:
    """Return an original as RGBA pixels in a square of `BEFORE_PX`, transparent around it."""
    with Image.open(io.BytesIO(file), formats=("PNG", "JPEG")) as picture:
        small = picture.convert("RGB")
    small.thumbnail((BEFORE_PX, BEFORE_PX))
    return fit_square(paint_image(np.asarray(small)), BEFORE_PX)


def _row(images: Sequence[np.ndarray], title: str, alt: str) -> Chart:
    data = montage_data([Cell(image) for image in images], PREVIEWED)
    return Chart(montage_figure(data), alt, data.aspect, title=title, least=320)


def _shares(found: ImageSet, inside: Contents) -> Shares:
    """Draw how the images are divided, and return it."""
    key, shares = f"set-{found.id}", found.shares
    with st.container(horizontal=True, vertical_alignment="bottom"):
        validation, test = (
            st.number_input(
                label, 1, 50, round(share * 100), 1, key=f"{key}-{part}", width=150, disabled=part in inside.given
            )
            for label, share, part in (
                (_("Validation, %"), shares.validation, VALIDATION),
                (_("Test, %"), shares.test, TEST),
            )
        )
        seed = st.number_input(_("Seed"), 0, 2**32 - 1, shares.seed, 1, key=f"{key}-seed", width=150)
        together = st.toggle(
            _("Near-duplicates stay together"), shares.keep_together, key=f"{key}-together",
            help=_("Otherwise photos of one burst can be in training and in test, and the test is too easy."),
        )  # fmt: skip
    return Shares(validation / 100, test / 100, int(seed), together)
