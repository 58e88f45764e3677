"""Networks that several lessons share and that are not recipes."""

from __future__ import annotations

from cnnlab.network.layers import AnyLayer, Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec


def two_convolutions(name: str, *between: AnyLayer) -> NetworkSpec:
    """Return a network of two 3×3 convolutions (8 and 16 filters), each followed by `between`, and ten outputs."""
    first, second = (Conv2D(filters=filters, padding="same", activation="relu") for filters in (8, 16))
    return NetworkSpec(
        name=name, layers=(first, *between, second, *between, Flatten(), Dense(units=10, activation="softmax"))
    )
