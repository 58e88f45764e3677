"""Choosing a picture: a sample of any dataset, one's own drawing, or a file of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS, available, scaled
from cnnlab.drawing import to_digit
from cnnlab.errors import CNNLabError
from cnnlab.ui import canvas, errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _, translate
from cnnlab.vision.pictures import MOST_BYTES, read_picture, shrunken

SIDE = 28
"""Pixels to which an uploaded picture's longer side is brought."""
DRAWING, SENT, FILE = "drawing", "sent", "file"
"""Sources besides the datasets."""
LUMA = (0.299, 0.587, 0.114)
"""What red, green and blue add to grey (ITU-R BT.601)."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A chosen picture: `pixels` float (height, width) or (height, width, channels), 0 to 1; `name` says which."""

    pixels: np.ndarray
    name: str

    @property
    def grey(self) -> np.ndarray:
        """float (height, width)."""
        if self.pixels.ndim == 2:
            return self.pixels
        return self.pixels[:, :, 0] if self.pixels.shape[2] == 1 else self.pixels @ LUMA

    def fitted(self, shape: tuple[int, int, int]) -> np.ndarray:
        """As a network's input of `shape`: in the middle of black, or scaled down to it; grey in all channels."""
        height, width, channels = shape
        coloured = channels == 3 and self.pixels.ndim == 3 and self.pixels.shape[2] == 3
        pixels = self.pixels if coloured else self.grey[:, :, np.newaxis].repeat(channels, axis=2)
        if pixels.shape[0] > height or pixels.shape[1] > width:
            pixels = shrunken(pixels, min(height / pixels.shape[0], width / pixels.shape[1]))
        above, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
        whole = np.zeros(shape, np.float32)
        whole[above : above + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        return whole


def choose(key: str) -> Picture | None:
    """Draw the choice. None where nothing is chosen yet, or what was chosen is no picture (said in place)."""
    me, here = session(), _here()
    others = {DRAWING: _("Your drawing"), FILE: _("A file of your own")}
    if me.sent:
        others[SENT] = _("From another page: {name}", name=me.sent[1])
    options = [*here, *others]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        me.source = st.selectbox(
            _("Picture"),
            options,
            index=options.index(me.source) if me.source in options else 0,
            format_func=lambda name: others.get(name) or translate(DATASETS[name].title),
            key=f"{key}-source-{me.source_edition}",
            width=220,
        )
        if me.source in here:
            return sample(me.source, key)
    if me.source == DRAWING:
        return _drawing(key)
    if me.source == SENT and me.sent:
        return Picture(*me.sent)
    return file(_("PNG, JPEG, GIF, BMP or WebP"), SIDE, key)


def of_dataset(key: str) -> Picture:
    """A dataset that is at hand, and one of its images."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Data"), _here(), format_func=lambda name: translate(DATASETS[name].title), key=f"{key}-data", width=220
        )
        return sample(name, key)


def _here() -> list[str]:
    return [name for name in DATASETS if available(name, lab().settings)]


def _drawing(key: str) -> Picture | None:
    with st.expander(_("Draw"), expanded=session().sketch.pixels is None, key=f"{key}-drawing"):
        drawn = canvas.draw(key)
    if drawn is None:
        return None
    try:
        return Picture(to_digit(drawn).image, _("your drawing"))
    except CNNLabError as error:
        errors.show(error)
        return None


def file(label: str, side: int, key: str) -> Picture | None:
    """A file, its longer side brought to `side` pixels; None where there is none, or it is no picture (said)."""
    given = st.file_uploader(label, max_upload_size=MOST_BYTES // 10**6, key=f"{key}-file")
    if given is None:
        return None
    try:
        return Picture(read_picture(given.getvalue(), side, colours=True), given.name)
    except CNNLabError as error:
        errors.show(error)
        return None


def sample(dataset: str, key: str) -> Picture:
    """One of a dataset's training images, by its number."""
    last = DATASETS[dataset].train_size - 1
    number = int(
        st.number_input(
            _("Number"),
            min_value=0,
            max_value=last,
            value=2,
            help=_("Which of the training images, from 0 to {last}.", last=last),
            key=f"{key}-number-{dataset}",
            width=130,
        )
    )
    loaded = lab().dataset(dataset)
    label = translate(loaded.class_names[int(loaded.y_train[number])])
    return Picture(scaled(loaded.x_train[number]), _("{label} · number {number}", label=label, number=number))
