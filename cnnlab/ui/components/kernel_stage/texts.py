"""What the stages say, in the user's language. Names in braces are filled in by the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnnlab.network.layers import Conv2D, Layer, MaxPooling2D
from cnnlab.ui.components import forms, webcam
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import POOLING

MOST_STRIDE, MOST_DILATION, MOST_SHIFT = 7, 5, 14
MOST_WEIGHT = 1_000_000
"""With larger ones, float32 is not enough for the sums."""
ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh")


def design_fields(sizes: Iterable[int]) -> Mapping[str, Any]:
    """Return label, help and range or options of the settings of a convolution."""
    channels = {
        "gray": _("Gray"),
        "red": _("Red"),
        "green": _("Green"),
        "blue": _("Blue"),
        "color": _("Each color"),
    }
    return {
        "size": {"label": _("Size"), "options": [(size, f"{size}×{size}") for size in sizes]},
        "padding": {**_of(Conv2D, "padding"), "options": [(name, name) for name in ("valid", "same")]},
        "stride": {**_of(Conv2D, "strides"), "low": 1, "high": MOST_STRIDE, "step": 1},
        "dilation": {**_of(Conv2D, "dilation_rate"), "low": 1, "high": MOST_DILATION, "step": 1},
        "bias": {"label": _("Bias"), "low": -MOST_WEIGHT, "high": MOST_WEIGHT, "step": "any"},
        "activation": {**_of(Conv2D, "activation"), "options": [(name, name) for name in ACTIVATIONS]},
        "channel": {"label": _("Channel"), "options": list(channels.items())},
    }


def _of(layer: type[Layer], field: str) -> dict[str, str]:
    return {"label": forms.title(layer, field), "help": forms.about(layer, field).replace("`", "")}


def pooling_fields() -> Mapping[str, Any]:
    """Return label, help and range or options of the settings of pooling and of the shift."""
    kinds = [(kind, translate(title)) for kind, title in POOLING.items()]
    return {
        "kind": {"label": _("Pooling"), "options": kinds},
        "size": {**_of(MaxPooling2D, "pool_size"), "low": 1, "high": MOST_STRIDE, "step": 1},
        "stride": {**_of(MaxPooling2D, "strides"), "low": 1, "high": MOST_STRIDE, "step": 1},
        "right": {"label": _("Shift right"), "low": -MOST_SHIFT, "high": MOST_SHIFT, "step": 1},
        "down": {"label": _("Shift down"), "low": -MOST_SHIFT, "high": MOST_SHIFT, "step": 1},
    }


def shared_labels() -> Mapping[str, Any]:
    """Return what both stages say."""
    return {
        "presets": _("Kernels to start with"),
        "imageAlt": _("The image, {height}×{width} pixels."),
        "pixel": _("Row {row}, column {column}"),
        "arrows": _("The arrow keys move the window."),
        "noFit": _("A window of {window} does not fit into an image of {image}.")
        + " "
        + _("Use “same” padding or a smaller window."),
    }


def design_labels() -> Mapping[str, Any]:
    """Return what the stage for a kernel says."""
    return {
        **shared_labels(),
        "kernel": _("Kernel"),
        "cell": _("Kernel {row}, {column}"),
        "kernelHint": _("Type a value, or drag a cell up or down."),
        "patch": _("Patch"),
        "patchAlt": _("The patch under the kernel."),
        "products": _("Products"),
        "productsAlt": _("The products of patch and kernel."),
        "result": _("Result"),
        "resultAlt": _("The result, {height}×{width}: blue is positive, red is negative."),
        "play": _("Play"),
        "pause": _("Pause"),
        "speed": _("Speed"),
        "noNumber": _("Each cell of the kernel needs a number from −{most:,} to {most:,}.", most=MOST_WEIGHT),
        "mostWeight": MOST_WEIGHT,
        "custom": _("Custom kernel based on “{title}”"),
        "sumsToZero": _(
            "The weights sum to 0: flat areas give 0, and the sign shows which side of an edge you are on."
        ),
        "sumsToOne": _("The weights sum to 1: flat areas keep their brightness."),
        "sumsTo": _("The weights sum to {sum}: flat areas are multiplied by this value."),
        "bothSizes": _("Height and width: {height}"),
        "sizes": _("Height: {height}; width: {width}"),
        "webcam": _("Webcam"),
        "stopWebcam": _("Stop the webcam"),
        "useFile": _("Use an image file"),
        "webcamNotes": webcam.notes(),
    }


def pooling_labels() -> Mapping[str, Any]:
    """Return what the stage for pooling says."""
    return {
        **shared_labels(),
        "image": _("Image"),
        "drag": _("Drag the image, or use the arrow keys."),
        "moveDigit": _("The arrow keys move the image."),
        "map": _("Feature map (ReLU)"),
        "mapAlt": _("The feature map, {height}×{width}."),
        "pooledMap": _("Pooled"),
        "pooledAlt": _("The pooled map, {height}×{width}."),
        "original": _("Not shifted"),
        "values": _("The values in the window."),
        "max": _("Largest value: {value}"),
        "average": _("Mean: {value}"),
        "mapChange": _("Change in the feature map"),
        "pooledChange": _("Change in the pooled map"),
        "changes": _("0%: identical. 100%: nothing in common."),
    }
