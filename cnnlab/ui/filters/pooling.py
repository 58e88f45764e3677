"""Pooling of an image that can be shifted."""

from __future__ import annotations

from functools import partial

from cnnlab.ui.components.kernel_stage import component as kernel_stage
from cnnlab.ui.filters.state import FiltersState
from cnnlab.ui.session import state
from cnnlab.ui.shared.picture_picker import Picture


def pooling(picture: Picture) -> None:
    """Draw the stage: image, feature map and pooled map, and how much a shift changes them."""
    me = state(FiltersState)
    kernel_stage.pooling(picture.pixels, me.pooling, key="pooling", keep=partial(setattr, me, "pooling"))
