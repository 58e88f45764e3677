"""Random networks for Hypothesis: small, every kind of layer, many of them impossible."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st

from cnnlab.network.initial_kernels import MAX_WEIGHT, MAX_WEIGHTS
from cnnlab.network.layer_bases import Activation_
from cnnlab.network.layers import LAYERS, AnyLayer, Conv2D
from cnnlab.network.spec import NetworkSpec

_size = st.integers(1, 3)
_pair = st.one_of(_size, st.tuples(_size, _size))
_flag = st.booleans()
_share = st.floats(0, 0.9)
_positive = st.floats(1e-6, 1)
_number = st.one_of(st.integers(-9, 9), st.floats(-MAX_WEIGHT, MAX_WEIGHT, width=32))
_kernel = st.tuples(_size, _size).flatmap(
    lambda size: st.tuples(*[st.tuples(*[_number.map(float)] * size[1])] * size[0])
)
_fields: dict[str, st.SearchStrategy[Any]] = {
    "filters": st.integers(1, 4),
    "units": st.integers(1, 8),
    "kernel_size": _pair,
    "pool_size": _pair,
    "strides": _pair,
    "dilation_rate": st.one_of(st.just(1), _pair),
    "depth_multiplier": st.integers(1, 2),
    "rate": _share,
    "stddev": _share,
    "scale": _share,
    "offset": _share,
    "negative_slope": _share,
    "momentum": _share,
    "epsilon": _positive,
    "activation": st.sampled_from(get_args(Activation_)),
    "use_bias": _flag,
    "trainable": _flag,
    "kernels": st.lists(_kernel, max_size=2, unique=True).map(tuple),
    "padding": st.sampled_from(["valid", "same"]),
}


def layers(kind: str) -> st.SearchStrategy[AnyLayer]:
    """Layers of one kind, with any of their fields set."""
    own = {name: _fields[name] for name in LAYERS[kind].fields()}
    if kind == "ZeroPadding2D":
        own["padding"] = st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2)))
    return st.fixed_dictionaries({}, optional=own).map(LAYERS[kind].model_validate)  # type: ignore[arg-type]


def without_kernels(layer: AnyLayer) -> AnyLayer:
    """The same layer, beginning as it comes."""
    return layer.model_copy(update={"kernels": ()}) if isinstance(layer, Conv2D) else layer


def _full() -> Conv2D:
    """As many kernels, of as little order, as a network may have."""
    kernels = np.random.default_rng(1).normal(size=(MAX_WEIGHTS // 8, 2, 4))
    return Conv2D.model_validate({"filters": 1024, "kernel_size": (2, 4), "kernels": kernels.tolist()})


FULL = _full()
any_layer = st.sampled_from(sorted(LAYERS)).flatmap(layers)
networks = st.builds(
    NetworkSpec,
    name=st.text(max_size=80).filter(str.isprintable),
    input_shape=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)),
    layers=st.lists(any_layer, max_size=6).map(tuple),
)
