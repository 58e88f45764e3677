"""Design a kernel: an image, the kernel and the result in one stage, and the kernel put into a network."""

from __future__ import annotations

from functools import partial

import numpy as np

from cnnlab.ui.components.kernel_stage import component as kernel_stage
from cnnlab.ui.filters import put_in_network
from cnnlab.ui.filters.state import FiltersState
from cnnlab.ui.session import state
from cnnlab.ui.shared.picture_picker import FILE, Picture, PictureState


def workspace(picture: Picture) -> None:
    """Draw the stage and, below it, the panel that puts its kernel into a network."""
    me = state(FiltersState)
    kernel_stage.design(
        picture.pixels,
        picture.name,
        me.design,
        key="design",
        keep=partial(setattr, me, "design"),
        use_file=partial(state(PictureState).show, FILE),
    )
    # While a cell is empty the stage says so, and there is no kernel to use.
    if np.isfinite(me.design.array).all():
        put_in_network.panel(me.design.array, me.design.preset)
