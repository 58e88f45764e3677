"""Two stages, for a kernel and for pooling: they compute in the browser, and tell the server when a gesture ends."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from pydantic import BaseModel, ConfigDict

from cnnlab.network.arithmetic import Padding
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.ui.components import webcam
from cnnlab.ui.components.javascript import joined
from cnnlab.ui.components.kernel_stage import texts
from cnnlab.ui.session import reported
from cnnlab.ui.text import translate
from cnnlab.vision import convolution

_HERE = Path(__file__).parent
_LIVE = _HERE.parent / "live_network"
_SHARED = (
    *(_LIVE / f"{name}.js" for name in ("windows", "convolution", "pooling", "pointwise", "maps", "element")),
    *(_HERE / f"{name}.js" for name in ("nodes", "paint", "sums", "cells", "picture", "image", "steps", "presets")),
)
_DESIGN = ("kernel", "explanation", "mirror", "player", "design")
_POOLING = ("shifting", "pooled")
SIZES = (3, 5, 7)
FIRST = "notes-horizontal"
"""The preset to begin with."""

Rows = tuple[tuple[float | None, ...], ...]


class Design(BaseModel):
    """A kernel and how it is applied.

    Attributes:
        preset: the preset that the kernel was made from, a key of `KERNELS`.
        kernel: its rows; None where there is no valid number.
        channel: what is used of an image in color.
        pixel: (row, column) of the pixel of the result that is explained; None for the strongest.
    """

    model_config = ConfigDict(frozen=True)

    preset: str = FIRST
    kernel: Rows = KERNELS[FIRST].weights
    padding: Padding = "valid"
    stride: int = 1
    dilation: int = 1
    bias: float = 0.0
    activation: str = "linear"
    channel: Literal["gray", "red", "green", "blue", "color"] = "gray"
    pixel: tuple[int, int] | None = None

    @property
    def array(self) -> np.ndarray:
        """The kernel, float64 (height, width); NaN where there is no valid number."""
        return np.array(self.kernel, dtype=float)


class Pooling(BaseModel):
    """A feature map and how it is pooled.

    Attributes:
        preset: the kernel of the feature map, a key of `KERNELS`.
        right, down: by how many pixels the image is shifted.
        pixel: (row, column) of the pixel of the pooled map that is explained; None for the strongest.
    """

    model_config = ConfigDict(frozen=True)

    preset: str = "sobel-vertical"
    kind: convolution.Pooling = "max"
    size: int = 2
    stride: int = 2
    right: int = 1
    down: int = 0
    pixel: tuple[int, int] | None = None


def design_module() -> str:
    """Return the JavaScript of the stage for a kernel."""
    return joined([*_SHARED, webcam.SCRIPT, *_own(_DESIGN)])


def pooling_module() -> str:
    """Return the JavaScript of the stage for pooling."""
    return joined([*_SHARED, *_own(_POOLING)])


def _own(names: Iterable[str]) -> Iterable[Path]:
    return (_HERE / f"{name}.js" for name in names)


_CSS = (_HERE / "stage.css").read_text(encoding="utf-8")
_design = st.components.v2.component(
    "cnnlab_kernel_stage",
    html='<div class="filter-stage"></div>',
    css=_CSS,
    js=design_module(),
    isolate_styles=False,
)
_pooling = st.components.v2.component(
    "cnnlab_pooling_stage",
    html='<div class="filter-stage"></div>',
    css=_CSS,
    js=pooling_module(),
    isolate_styles=False,
)


def design(
    image: np.ndarray,
    name: str,
    shown: Design,
    key: str,
    keep: Callable[[Design], None],
    use_file: Callable[[], None] | None = None,
    presets: Iterable[str] = tuple(KERNELS),
) -> None:
    """Draw an image, a kernel that can be edited and the result, with one pixel of it step by step.

    Args:
        image: float (height, width) or (height, width, 1 or 3), 0 to 1.
        name: what the image is called.
        shown: the design to begin with.
        keep: called with the design when a gesture has ended, before the page is drawn.
        use_file: called when the user asks for an image file instead of a webcam that does not start; None to offer
            none.
        presets: the kernels on offer, keys of `KERNELS`.
    """
    _design(
        key=key,
        data={
            "image": _encoded(image),
            "name": name,
            "design": shown.model_dump(),
            "presets": _described(presets),
            "fields": texts.design_fields(SIZES),
            "labels": texts.design_labels(),
            "offersFile": use_file is not None,
        },
        on_design_change=lambda: keep(Design.model_validate(reported(key, "design"))),
        on_file_change=use_file or (lambda: None),
    )


def pooling(
    image: np.ndarray,
    shown: Pooling,
    key: str,
    keep: Callable[[Pooling], None],
    presets: Iterable[str] = tuple(KERNELS),
) -> None:
    """Draw an image that can be dragged, its feature map and the pooled map, and how much the shift changes them.

    Args:
        image: float (height, width) or (height, width, 1 or 3), 0 to 1; colors become gray.
        shown: the settings to begin with.
        keep: called with the settings when a gesture has ended, before the page is drawn.
        presets: the kernels on offer, keys of `KERNELS`.
    """
    _pooling(
        key=key,
        data={
            "image": _encoded(image),
            "pooling": shown.model_dump(),
            "presets": _described(presets),
            "fields": texts.pooling_fields(),
            "labels": texts.pooling_labels(),
        },
        on_pooling_change=lambda: keep(Pooling.model_validate(reported(key, "pooling"))),
    )


def _encoded(image: np.ndarray) -> dict[str, Any]:
    values = image if image.ndim == 3 else image[:, :, np.newaxis]
    return {"shape": values.shape, "pixels": base64.b64encode(values.astype("<f4").tobytes()).decode()}


def _described(presets: Iterable[str]) -> list[dict[str, Any]]:
    kernels = [(name, KERNELS[name]) for name in presets]
    return [
        {
            "name": name,
            "title": translate(kernel.title),
            "about": translate(kernel.about),
            "kernel": kernel.weights,
        }
        for name, kernel in kernels
    ]
