"""The photo on the Draw page: the digits that were found on it, or the part of it that a network reads as it is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.runs.run import Run
from cnnlab.training.drawings_file import SHAPE
from cnnlab.ui import errors
from cnnlab.ui.components import crop_frame
from cnnlab.ui.draw.network_prediction import InputImage
from cnnlab.ui.draw.state import DrawState, PhotoSearch
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.shared import picture_picker
from cnnlab.ui.shared.picture_picker import Picture
from cnnlab.ui.text import _
from cnnlab.vision.photo_digits import DECODED_SIDE, WHOLE, Frame, PhotoDigits, find_digits
from cnnlab.vision.picture_fit import inverted_fits, thing_frame


def digits(run: Run) -> list[InputImage]:
    """Draw the upload and its settings; return the digits on the photo, from left to right, none while there are none.

    Args:
        run: the first network; one that was not trained on digits gets the photo as it is.
    """
    for_digits = _reads_digits(run)
    label = (
        _("A photo or scan of a digit: PNG, JPEG, GIF, BMP, TIFF, WebP or HEIC")
        if for_digits
        else _("A photo: PNG, JPEG, GIF, BMP, TIFF, WebP or HEIC")
    )
    picture = picture_picker.file(label, DECODED_SIDE, "draw")
    if picture is None:
        return []
    unprocessed = st.toggle(
        _("Use the image unprocessed"), value=not for_digits, key=f"draw-plain-{for_digits}",
        help=_("For networks that were not trained on digits."),
    )  # fmt: skip
    if unprocessed:
        return [_unprocessed(picture, run)]
    names = {None: _("Auto-detect"), True: _("Dark on light"), False: _("Light on dark")}
    dark_on_light = st.segmented_control(
        _("Contrast"), list(names), default=None, format_func=names.__getitem__, key="draw-ink"
    )
    found = _in_frame(picture, dark_on_light)
    if dark_on_light is None:
        st.caption(
            _("Detected dark ink on light paper; inverted.")
            if found.dark_on_light
            else _("Detected light ink on a dark background.")
        )
    if found.more:
        st.caption(_(":material/info: There is more writing on this picture. Move the frame to it to read it."))
    prepared = [digit.prepared(**state(DrawState).preprocessing) for digit in found.digits]
    return [InputImage(Picture(digit.image, picture.name), digit) for digit in prepared]


def _reads_digits(run: Run) -> bool:
    """Return whether a run's network reads digits as the Lab prepares them: light on dark, 28×28 or 8×8, and gray."""
    named = all(name.isdigit() for name in run.dataset.class_names)
    return named and (not run.dataset.own or run.dataset.input_shape == SHAPE)


def _in_frame(picture: Picture, dark_on_light: bool | None) -> PhotoDigits:
    """Draw the frame around what was found, and return what is inside once it was moved."""
    everywhere = _search(picture, dark_on_light, WHOLE)
    preset = everywhere.frame if isinstance(everywhere, PhotoDigits) else WHOLE
    frame = crop_frame.choose(picture.pixels, preset, f"{picture.file}-{dark_on_light}", "draw-frame")
    found = everywhere if frame == preset else _search(picture, dark_on_light, frame)
    if isinstance(found, CNNLabError):
        raise found
    return found


def _search(picture: Picture, dark_on_light: bool | None, frame: Frame) -> PhotoDigits | CNNLabError:
    """Return the digits in a part of the photo, or why there are none; searched for once."""
    searches, asked = state(DrawState).searches, PhotoSearch(picture.file, dark_on_light, frame)
    if any(search.file != picture.file for search in searches):
        searches.clear()
    if asked not in searches:
        try:
            searches[asked] = find_digits(picture.pixels, dark_on_light, frame)
        except CNNLabError as error:
            searches[asked] = _blank_frame() if picture.animated else error
    return searches[asked]


def _blank_frame() -> CNNLabError:
    return CNNLabError(
        N_("No writing was found in the first frame of this animation; the others are not read."),
        N_("Save the frame with the digit as a picture of its own."),
    )


def _unprocessed(picture: Picture, run: Run) -> InputImage:
    """Return the part of the picture in the frame, inverted if that fits the network's training images better."""
    images = _training_images(run)
    preset = WHOLE if images is None else thing_frame(picture.pixels, images)
    frame = crop_frame.choose(picture.pixels, preset, f"{picture.file}-{run.id}", "draw-frame-plain")
    part = frame.of(picture.pixels)
    inverted = st.toggle(
        _("Invert brightness"), value=images is not None and _is_inverted(picture, run, images),
        key=f"draw-invert-{picture.file}-{run.id}",
        help=_("Switched on if the border of the picture is then closer to that of the network’s training images."),
    )  # fmt: skip
    # The upload's id says that these pixels are a photo, to be fitted like an image set's.
    return InputImage(Picture(1 - part if inverted else part, picture.name, picture.file))


def _is_inverted(picture: Picture, run: Run, images: np.ndarray) -> bool:
    """Return whether a photo is the negative of the network's training images. Photos in color never are."""
    return not (run.dataset.own and run.dataset.input_shape[2] == 3) and inverted_fits(picture.pixels, images)


def _training_images(run: Run) -> np.ndarray | None:
    """Return training images of the run, uint8 (n, height, width, channels); None if they are not on this machine."""
    name = run.training.dataset
    if not lab().datasets.available(name):
        return None
    with errors.shown():
        return lab().datasets.get(name).x_train
    return None
