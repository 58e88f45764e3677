"""Choosing a picture: a sample of any dataset, or a file of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnlab.datasets import DATASETS, available, scaled
from cnnlab.errors import CNNLabError
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.text import _, translate
from cnnlab.vision.pictures import read_picture, shrunken

SIDE = 28
"""Pixels to which an uploaded picture's longer side is brought."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A chosen picture: `pixels` float (height, width), 0 to 1; `name` says which."""

    pixels: np.ndarray
    name: str

    def fitted(self, shape: tuple[int, int, int]) -> np.ndarray:
        """As a network's input of `shape`: in the middle of black, or scaled down to it; grey in all channels."""
        height, width, channels = shape
        pixels = self.pixels
        if pixels.shape[0] > height or pixels.shape[1] > width:
            pixels = shrunken(pixels, min(height / pixels.shape[0], width / pixels.shape[1]))
        above, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
        whole = np.zeros((height, width), np.float32)
        whole[above : above + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        return np.repeat(whole[:, :, np.newaxis], channels, axis=2)


def choose(key: str) -> Picture | None:
    """Draw the choice. None where nothing is chosen yet, or what was chosen is no picture (said in place)."""
    here = [name for name in DATASETS if available(name, lab().settings)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.selectbox(
            _("Picture"),
            [*here, ""],
            format_func=lambda name: translate(DATASETS[name].title) if name else _("A file of your own"),
            key=f"{key}-source",
            width=220,
        )
        if source:
            return _sample(source, key)
    file = st.file_uploader(_("PNG, JPEG, GIF, BMP or WebP, at most 20 MB"), key=f"{key}-file")
    if file is None:
        return None
    try:
        return Picture(read_picture(file.getvalue(), SIDE), file.name)
    except CNNLabError as error:
        errors.show(error)
        return None


def _sample(dataset: str, key: str) -> Picture:
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
    return Picture(scaled(loaded.x_train[number]).mean(axis=2), f"{label} ({number})")
