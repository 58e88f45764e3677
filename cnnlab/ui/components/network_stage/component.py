"""A whole network at work in the browser: all its maps, at every snapshot, and the sum behind every value.

Snapshots go to the page in messages of their own (`export.live_network`), when the page asks for them, and are cached
there. While a person points at maps, drags the time slider or switches filters off, no message goes to the server.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from cnnlab.network.outputs import output_kind
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.ui.components import webcam
from cnnlab.ui.components.javascript import joined
from cnnlab.ui.components.live_network.component import UNCHANGING
from cnnlab.ui.components.network_stage import description
from cnnlab.ui.text import _

_HERE = Path(__file__).parent
_LIVE = _HERE.parent / "live_network"
_FILES = (
    *(
        _LIVE / f"{name}.js"
        for name in (
            *("windows", "convolution", "pooling", "pointwise", "layers", "message", "worker", "digit"),
            *("networks", "pen", "element", "bars", "maps"),
        )
    ),
    webcam.SCRIPT,
    *(
        _HERE / f"{name}.js"
        for name in (
            *("film", "facts", "loader", "lens", "sums", "pictures", "columns", "frame", "detail"),
            *("edits", "keyboard", "controls", "teller", "stage"),
        )
    ),
)
"""The files of the module; each uses only those before it."""
SCALES = ("local", "layer", "global")


def module() -> str:
    """Return the JavaScript of this component as one module."""
    return joined(_FILES)


_mount = st.components.v2.component(
    "cnnlab_network_stage",
    html='<div class="cnnlab-stage"></div>',
    css=(_LIVE / "stage.css").read_text(encoding="utf-8") + (_HERE / "stage.css").read_text(encoding="utf-8"),
    js=module(),
    isolate_styles=False,
)
_deliver = st.components.v2.component(
    "cnnlab_network_stage_message",
    html="<div></div>",
    js='export default ({ data }) => void dispatchEvent(new CustomEvent("cnnlab-stage", { detail: data }));',
)
"""Hands a message to the stages of the page. A component of its own, because a component's script goes with each of
its messages."""


class Snapshot(NamedTuple):
    """One snapshot of the network.

    Attributes:
        key: identifies the run, the snapshot and its weights.
        moment: identifies the snapshot in its run, also if it is written again.
        label: its name.
    """

    key: str
    moment: str
    label: str


class Fact(NamedTuple):
    """Something that the server has found out about a snapshot; empty texts say nothing.

    Attributes:
        key: that of the snapshot.
        problem: why it cannot be shown.
        dead: (index of a layer, index of a map) of maps that are zero for every test image.
        about_dead: a sentence about them.
        edits: changed filters, as in `Choice`.
        effect: a sentence about what they change.
    """

    key: str
    problem: str = ""
    dead: tuple[tuple[int, int], ...] = ()
    about_dead: str = ""
    edits: tuple[tuple[int, int, float], ...] = ()
    effect: str = ""


class Choice(NamedTuple):
    """What a person has chosen on the stage.

    Attributes:
        run: identifies the run.
        moment: identifies the snapshot in it.
        layer: index of the layer; -1 for the input.
        map: index of the map or unit.
        pixel: (row, column) in the map; None for its strongest value.
        edits: changed filters, as (index of the layer, index of the filter, factor).
        scale: one of `SCALES`.
        serial: identifies the gesture.
    """

    run: str
    moment: str
    layer: int
    map: int
    pixel: tuple[int, int] | None
    edits: tuple[tuple[int, int, float], ...] = ()
    scale: str = "layer"
    serial: str = ""


class Request(NamedTuple):
    """What the page tells the server; each once.

    Attributes:
        missing: keys of snapshots that the page does not have; it waits for messages or facts about all of them.
        choice: the choice at the end of a gesture; None if there was none.
        zeros: key of the snapshot of which a map is zero everywhere; "" if there is nothing to find out.
    """

    missing: tuple[str, ...]
    choice: Choice | None
    zeros: str


def show(
    network: NetworkSpec,
    snapshots: Sequence[Snapshot],
    at: int,
    image: np.ndarray,
    classes: Sequence[str],
    key: str,
    *,
    choice: Choice,
    heard: str = "",
    canvas: str = "",
) -> Request:
    """Draw the stage.

    Args:
        at: index of the chosen snapshot.
        image: the network's input, float32 (height, width, channels).
        classes: the names of the classes.
        choice: what is chosen when the stage starts, as it does with another run.
        heard: the serial of the last choice that `at` takes into account.
        canvas: key of the canvas to follow; "" for none.
    """
    rows = summarize(network).rows
    columns = [row for row in rows[:-1] if not isinstance(row.layer, UNCHANGING)]
    kind = output_kind(network)
    data = {
        "run": choice.run,
        "shape": network.input_shape,
        "image": base64.b64encode(image.astype("<f4").tobytes()).decode(),
        "layers": [description.described_input(network), *map(description.described, columns)],
        "output": {
            "layer": description.described(rows[-1]),
            "classes": classes,
            "kind": kind,
            "alt": _("Class probabilities") if kind == "probabilities" else _("Class scores"),
        },
        "canvas": canvas,
        "moments": [one._asdict() for one in snapshots],
        "at": at,
        "heard": heard,
        "bytes": 4 * summarize(network).parameters + 4096,
        "choice": _as_data(choice),
        "edits": choice.edits,
        "scale": choice.scale,
        "labels": description.labels(),
    }
    given = _mount(key=key, data=data, on_missing_change=_ignore, on_choice_change=_ignore, on_zeros_change=_ignore)
    return Request(tuple(given.missing or ()), _choice(given.choice) if given.choice else None, given.zeros or "")


def send(key: str, messages: Sequence[bytes]) -> None:
    """Send snapshots, as `export.live_network.write` wrote them under the keys of `Snapshot`, to the page."""
    for place, message in enumerate(messages):
        _deliver(key=f"network-stage-{key}-{place}", data=message)


def tell(key: str, facts: Sequence[Fact]) -> None:
    """Tell the page what was found out about snapshots."""
    if facts:
        _deliver(key=f"network-stage-{key}-facts", data=[_without_empty(fact) for fact in facts])


def _without_empty(fact: Fact) -> dict[str, Any]:
    """Return what a fact says; the page keeps what earlier ones have said."""
    return {name: value for name, value in fact._asdict().items() if value}


def _ignore() -> None:
    """Do nothing: Streamlit requires a callback, but only the rerun that follows is needed."""


def _choice(given: Mapping[str, Any]) -> Choice:
    chosen = given["choice"]
    pixel = (chosen["row"], chosen["column"]) if chosen.get("row") is not None else None
    edits = tuple((layer, index, factor) for layer, index, factor in given["edits"])
    return Choice(
        given["run"], given["moment"], chosen["layer"], chosen["map"], pixel, edits, given["scale"], given["serial"]
    )


def _as_data(choice: Choice) -> dict[str, Any]:
    place = {"layer": choice.layer, "map": choice.map}
    return place if choice.pixel is None else place | dict(zip(("row", "column"), choice.pixel, strict=True))
