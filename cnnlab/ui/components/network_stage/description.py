"""What the stage says: its layers and its texts."""

from __future__ import annotations

from typing import Any

from cnnlab.network.arithmetic import Shape
from cnnlab.network.layer_bases import PoolingLayer
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, format_shape
from cnnlab.ui.components import webcam
from cnnlab.ui.text import _, translate
from cnnlab.vision.filter_edits import EDITABLE

MAX_MAPS, MAX_UNITS = 64, 512
"""Feature maps, and units of a vector, that `pictures.js` shows of a layer."""


def described_input(network: NetworkSpec) -> dict[str, Any]:
    """Return a network's input as the page knows layers."""
    size = format_shape(network.input_shape)
    return {
        "index": -1,
        "name": _("Input"),
        "title": _("Input"),
        "size": size,
        "shape": network.input_shape,
        "field": {"size": (1, 1), "jump": (1, 1), "start": (0, 0)},
        "activation": "linear",
        "editable": False,
        "alt": _alt(_("Input"), size),
    }


def described(row: Row) -> dict[str, Any]:
    """Return a layer as the page knows it."""
    shape, field = row.output_shape or (), row.receptive_field
    return {
        "index": row.index,
        "name": row.name,
        "title": translate(row.layer.title),
        "size": _size(shape),
        "shape": shape,
        "field": field and {"size": field.size, "jump": field.jump, "start": field.start},
        "activation": getattr(row.layer, "activation", "linear"),
        "window": row.layer.arguments() if isinstance(row.layer, PoolingLayer) else None,
        "editable": row.layer.kind in EDITABLE,
        "alt": _alt(row.name, format_shape(shape)),
    }


def _size(shape: Shape) -> str:
    """Return a shape as text, with the number of maps that are shown if that is not all."""
    most = MAX_MAPS if len(shape) == 3 else MAX_UNITS
    if shape[-1] <= most:
        return format_shape(shape)
    return _("{shape}, the first {count}", shape=format_shape(shape), count=most)


def _alt(name: str, size: str) -> str:
    return _(
        "{layer}, {shape}: a picture of its output. Arrow keys choose a map. Enter switches its filter "
        "off, flips it, and restores it.",
        layer=name,
        shape=size,
    )


def labels() -> dict[str, Any]:
    """Return the texts of the stage; the page fills in their places."""
    return {
        "snapshot": _("Snapshot"),
        "play": _("Play"),
        "pause": _("Pause"),
        "loading": _("{here} of {all} snapshots loaded"),
        "notAll": _("{room} of {all} snapshots fit in the browser."),
        "scale": _("Color scale"),
        "scales": {"local": _("Per map"), "layer": _("Per layer"), "global": _("Shared")},
        "camera": _("Webcam"),
        "webcamNotes": webcam.notes(),
        "reset": _("Reset filters"),
        "notFinite": _("Values are NaN or infinite from the layer {name} on."),
        "waiting": _("Measuring the accuracy …"),
        "off": _("Filter switched off"),
        "flipped": _("Filter flipped"),
        "hint": _(
            "Point at a map to see how its values are computed. Click a map to switch its filter off, again to flip "
            "its sign, and once more to restore it."
        ),
        "pixelKeys": _("Arrow keys choose a pixel."),
        "map": _("{layer}, map {map}"),
        "place": _("row {row}, column {column}: {value}"),
        "origin": _("Input"),
        "field": _("Receptive field: {size} pixels"),
        "kernel": _("Kernel"),
        "products": _("Products"),
        "added": _("Sum: {sum}"),
        "term": _("map {channel}: {sum}"),
        "moreTerms": _("and {count} more"),
        "sums": _("Sum over {count} input channels: {sum}; plus bias {bias} = {total}; after {activation}: {value}"),
        "sum": _("Sum {sum} + bias {bias} = {total}; after {activation}: {value}"),
    }
