"""The ranges of pixels that foreign networks are made for, and how one becomes part of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cnnlab.i18n.marks import N_
from cnnlab.network.layers import Rescaling
from cnnlab.network.spec import NetworkSpec

UNIT = "0..1"
"""The Lab's own pixels."""


@dataclass(frozen=True)
class PixelRange:
    """A range of pixels: the Lab's pixels (0 to 1, bright is 1) times `scale`, plus `offset`; `title` is marked."""

    title: str
    scale: float
    offset: float = 0.0
    dataset: str = ""
    """The only dataset that is published with these pixels; "": any."""

    def of_unit(self, pixels: np.ndarray) -> np.ndarray:
        """Return the Lab's pixels, float32, in this range."""
        return pixels * np.float32(self.scale) + np.float32(self.offset)


RANGES: Mapping[str, PixelRange] = MappingProxyType(
    {
        UNIT: PixelRange(N_("0 to 1"), 1.0),
        "0..255": PixelRange(N_("0 to 255"), 255.0),
        "-1..1": PixelRange(N_("-1 to 1"), 2.0, -1.0),
        "1..0": PixelRange(N_("0 to 1, inverted"), -1.0, 1.0),
        "255..0": PixelRange(N_("0 to 255, inverted"), -255.0, 255.0),
        "1..-1": PixelRange(N_("-1 to 1, inverted"), -2.0, 1.0),
        "0..16": PixelRange(N_("0 to 16"), 16.0, dataset="digits-8x8"),
    }
)
"""Every range by its key."""


def ranges_of(dataset: str) -> list[str]:
    """Return the keys of the ranges in which a dataset's images may have been given to a network."""
    return [key for key, one in RANGES.items() if one.dataset in ("", dataset)]


def with_pixels(network: NetworkSpec, key: str) -> NetworkSpec:
    """Return a network that computes from the Lab's pixels what `network` computes from pixels of another range.

    The change is part of the first layer if that is a Rescaling; otherwise a Rescaling comes first.
    """
    pixels = RANGES[key]
    first = network.layers[0] if network.layers else None
    if key == UNIT:
        return network
    if isinstance(first, Rescaling):
        scale, offset = first.scale * pixels.scale, first.scale * pixels.offset + first.offset
        # 255 / 255, written with the digits of a file, is 1.
        ours = Rescaling(scale=float(f"{scale:.7g}"), offset=float(f"{offset:.7g}"))
        return network.replace(layers=(ours, *network.layers[1:]))
    return network.replace(layers=(Rescaling(scale=pixels.scale, offset=pixels.offset), *network.layers))
