"""The range of the pixels after the Rescaling layers at the start of a network; the Lab's pixels are 0 to 1."""

from __future__ import annotations

from cnnlab.network.layers import Rescaling
from cnnlab.network.spec import NetworkSpec

NORMALIZING = ("BatchNormalization", "LayerNormalization")

MIN_CONTRAST = 0.1
"""Pixels are squeezed if black and white differ by less than this: Rescaling(1/255), which tutorials use on pixels from
0 to 255, leaves 0.004 of pixels from 0 to 1."""


def leading_rescalings(network: NetworkSpec) -> list[int]:
    """Return the indices of the Rescaling layers before the first layer that normalizes or has weights."""
    found = []
    for index, layer in enumerate(network.layers):
        if layer.kind in NORMALIZING or layer.kind == "Dense" or "Conv" in layer.kind:
            break
        if isinstance(layer, Rescaling):
            found.append(index)
    return found


def pixel_range(network: NetworkSpec) -> tuple[float, float]:
    """Return what black (0) and white (1) have become after `leading_rescalings`."""
    black, white = 0.0, 1.0
    for index in leading_rescalings(network):
        layer = network.layers[index]
        assert isinstance(layer, Rescaling)
        black, white = (value * layer.scale + layer.offset for value in (black, white))
    return black, white
