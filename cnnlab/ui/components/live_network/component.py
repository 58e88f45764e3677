"""Networks that compute in the browser: bars and feature maps follow the pen, without the server.

The JavaScript is one ES module, joined here from small files; a Web Worker loads the same module. A network goes to the
page in a message of its own (`export.live_network`) and brings the module; Streamlit sends it again only if it changes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from cnnlab.network.layers import Dropout, Flatten, GaussianNoise, SpatialDropout2D
from cnnlab.network.outputs import output_kind
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import format_shape, summarize
from cnnlab.ui.components.javascript import joined
from cnnlab.ui.text import _, translate

_HERE = Path(__file__).parent
_FILES = (
    *("windows", "convolution", "pooling", "pointwise", "layers", "message", "worker"),
    *("digit", "networks", "pen", "element", "bars", "maps", "stage"),
)
"""The files of the module; each uses only those before it."""
UNCHANGING = (Dropout, SpatialDropout2D, GaussianNoise, Flatten)
"""Layers that pass on the same values when a network predicts."""
MAX_MAPS = 16
"""Feature maps that `maps.js` shows of a layer."""


def module() -> str:
    """Return the JavaScript of all files as one module."""
    return joined(_HERE / f"{name}.js" for name in _FILES)


_send_network = st.components.v2.component(
    "cnnlab_live_network",
    css=(_HERE / "stage.css").read_text(encoding="utf-8"),
    js=module(),
    isolate_styles=False,
)
_mount = st.components.v2.component(
    "cnnlab_live_stage",
    html='<div class="cnnlab-live"></div>',
    js=(_HERE / "mount.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


class LiveNetwork(NamedTuple):
    """One network.

    Attributes:
        key: identifies the network and its weights.
        message: the network as `export.live_network.write` wrote it under that key.
        title: its name, shown if there are several.
        classes: the names of its classes.
        image: the input that the server has, float32 (height, width, channels); None if there is none.
    """

    key: str
    message: bytes
    title: str
    network: NetworkSpec
    classes: tuple[str, ...]
    image: np.ndarray | None = None


def show(networks: Sequence[LiveNetwork], key: str, *, canvas: str, steps: Mapping[str, bool]) -> None:
    """Draw the bars of all networks and the layers of the first, for their images and for what is being drawn.

    While the drawing is another one than the first image, the node `.cnnlab-live` has the attribute `data-stale`.

    Args:
        canvas: key of the canvas to follow; "" for none.
        steps: step of `digit_preprocessing.prepare` -> whether it is switched on.
    """
    for place, one in enumerate(networks):
        _send_network(key=f"live-network-{key}-{place}", data=one.message)
    data = {
        "networks": [_described(one) for one in networks],
        "layers": _layers(networks[0].network),
        "note": _(
            "Each layer shows at most {count} of its feature maps. Layers that change nothing when predicting are left "
            "out.",
            count=MAX_MAPS,
        ),
        "canvas": canvas,
        "steps": dict(steps),
    }
    _mount(key=key, data=data)


def _described(one: LiveNetwork) -> dict[str, Any]:
    image = None if one.image is None else base64.b64encode(one.image.astype("<f4").tobytes()).decode()
    kind = output_kind(one.network)
    return {
        "key": one.key,
        "title": one.title,
        "shape": one.network.input_shape,
        "classes": one.classes,
        "kind": kind,
        "alt": _("Class probabilities from {name}", name=one.title)
        if kind == "probabilities"
        else _("Class scores from {name}", name=one.title),
        "image": image,
    }


def _layers(network: NetworkSpec) -> list[dict[str, Any]]:
    """Return the input and the layers to show; the output of the last layer is the bars."""
    rows = [row for row in summarize(network).rows[:-1] if not isinstance(row.layer, UNCHANGING)]
    shown = [(row.index, translate(row.layer.title), row.output_shape or ()) for row in rows]
    return [
        {
            "index": index,
            "title": title,
            "size": format_shape(shape),
            "shape": shape,
            "alt": _("{layer}, {shape}: a picture of its output.", layer=title, shape=format_shape(shape)),
        }
        for index, title, shape in [(-1, _("Input"), network.input_shape), *shown]
    ]
