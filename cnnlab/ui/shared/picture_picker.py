"""Select an image: from a dataset, the user's drawing, or an uploaded file."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from cnnlab.datasets import DatasetInfo, scaled
from cnnlab.datasets.image_sets.shaping import MAX_SIZE
from cnnlab.errors import CNNLabError
from cnnlab.ui import errors
from cnnlab.ui.components import canvas
from cnnlab.ui.components.sketch import Sketch
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import datasets
from cnnlab.ui.text import _, translate
from cnnlab.vision.digit_preprocessing import to_digit
from cnnlab.vision.image_files import MAX_BYTES, downscale, read_file
from cnnlab.vision.picture_fit import as_in_set

UPLOAD_PX = 28
"""Length of an uploaded image's longer side after scaling."""
DRAWING, SENT, FILE = "drawing", "sent", "file"
"""Sources other than datasets."""
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in gray (ITU-R BT.601)."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A selected image.

    Attributes:
        pixels: float (height, width) or (height, width, channels), 0 to 1.
        name: its name, as shown to the user.
        file: id of the upload it comes from; "" if it was not uploaded.
        animated: whether that file has more frames than this one.
        large: the same image as large as an image set's can be, for an upload; None: `pixels` is all there is.
    """

    pixels: np.ndarray
    name: str
    file: str = ""
    animated: bool = False
    large: np.ndarray | None = None

    @property
    def gray(self) -> np.ndarray:
        """The image in grayscale, float (height, width)."""
        if self.pixels.ndim == 2:
            return self.pixels
        return self.pixels[:, :, 0] if self.pixels.shape[2] == 1 else self.pixels @ LUMA

    def fitted(self, shape: tuple[int, int, int]) -> np.ndarray:
        """Return the image as a network's input of `shape`: centered on black, or scaled down."""
        height, width, channels = shape
        in_color = channels == 3 and self.pixels.ndim == 3 and self.pixels.shape[2] == 3
        pixels = self.pixels if in_color else self.gray[:, :, np.newaxis].repeat(channels, axis=2)
        if pixels.shape[0] > height or pixels.shape[1] > width:
            pixels = downscale(pixels, min(height / pixels.shape[0], width / pixels.shape[1]))
        above, left = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
        padded = np.zeros(shape, np.float32)
        padded[above : above + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        return padded

    def prepared(self, dataset: DatasetInfo) -> np.ndarray:
        """Return the image as the input of a network that was trained on a dataset, float32 (height, width, channels).

        An uploaded image is fitted like the images of an image set were; others are centered on black, or scaled down.
        """
        if not dataset.fit or not self.file:
            return self.fitted(dataset.input_shape)
        return as_in_set(self.pixels if self.large is None else self.large, dataset)


@dataclass
class Uploads:
    """The uploaded images, each decoded once.

    Attributes:
        read: key of an upload widget -> its image.
    """

    read: dict[str, Picture] = field(default_factory=dict)


@dataclass
class PictureState:
    """The selected image, shared by Filters and Feature maps.

    Attributes:
        source: a dataset's name, or one of `DRAWING`, `SENT` and `FILE`.
        edition: increases when another page changes the source, so that the widget starts over.
        sent: an image that another page sent.
    """

    source: str | None = None
    edition: int = 0
    sent: Picture | None = None

    def show(self, source: str) -> None:
        """Select `source` on the pages."""
        self.source = source
        self.edition += 1

    def send(self, picture: Picture) -> None:
        """Select this image on the pages."""
        self.sent = picture
        self.show(SENT)


def choose(key: str) -> Picture | None:
    """Draw the choice of image. Return None if nothing is selected yet, or (with a message) if it is not an image."""
    me, own = state(PictureState), _available()
    first = me.source or _of_run()
    others = {DRAWING: _("Your drawing"), FILE: _("Upload an image")}
    if me.sent:
        others[SENT] = _("From another page: {name}", name=me.sent.name)
    options = [*own, *others]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        me.source = st.selectbox(
            _("Image"),
            options,
            index=options.index(first) if first in options else 0,
            format_func=lambda name: others.get(name) or own[name],
            key=f"{key}-source-{me.edition}",
            width=220,
        )
        if me.source in own:
            return sample(me.source, key)
    if me.source == DRAWING:
        return _drawing(key)
    if me.source == SENT and me.sent:
        return me.sent
    return file(_("Image file (PNG, JPEG, GIF, BMP, TIFF or WebP)"), UPLOAD_PX, key)


def of_dataset(key: str) -> Picture:
    """Draw the choice of an available dataset and one of its images, and return the image."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = _available()
        name = st.selectbox(
            _("Data"),
            list(names),
            format_func=names.__getitem__,
            key=f"{key}-data",
            width=220,
        )
        return sample(name, key)


def _of_run() -> str:
    """Return the image set of the run that the pages follow; "" for another dataset, or without a run."""
    try:
        run = lab().runs.get(session().run or "")
    except CNNLabError:
        # There is none, or it was deleted.
        return ""
    return run.dataset.name if run.dataset.own else ""


def _available() -> dict[str, str]:
    """Return name -> label of the datasets that need no download."""
    known = lab().datasets
    return datasets.titles(info for name, info in known.all().items() if known.available(name))


def _drawing(key: str) -> Picture | None:
    """Draw the canvas and return its drawing; None if there is none."""
    with st.expander(_("Draw"), expanded=state(Sketch).pixels is None, key=f"{key}-drawing"):
        drawn = canvas.draw(key)
    if drawn is None:
        return None
    with errors.shown():
        return Picture(to_digit(drawn).image, _("your drawing"))
    return None


def file(label: str, side: int, key: str) -> Picture | None:
    """Draw an upload and return the image, its longer side scaled to `side` pixels; None if there is no valid image."""
    given = st.file_uploader(label, max_upload_size=MAX_BYTES // 10**6, key=f"{key}-file")
    read = state(Uploads).read
    if given is None:
        read.pop(key, None)
        return None
    if key not in read or read[key].file != given.file_id:
        read.pop(key, None)
        with errors.shown():
            content = given.getvalue()
            image = read_file(content, side, color=True)
            large = None if side >= MAX_SIZE else read_file(content, MAX_SIZE, color=True).pixels.astype(np.float32)
            read[key] = Picture(image.pixels.astype(np.float32), given.name, given.file_id, image.animated, large)
    return read.get(key)


def sample(dataset: str, key: str) -> Picture:
    """Draw the choice of a training image by its index, and return the image."""
    last = lab().datasets.info(dataset).train_size - 1
    index = int(
        st.number_input(
            _("Image index"),
            min_value=0,
            max_value=last,
            value=2,
            help=_("Index of the training image, from 0 to {last}.", last=last),
            key=f"{key}-number-{dataset}",
            width=130,
        )
    )
    loaded = lab().datasets.get(dataset)
    label = translate(loaded.class_names[int(loaded.y_train[index])])
    return Picture(scaled(loaded.x_train[index]), _("{label} · index {index}", label=label, index=index))
