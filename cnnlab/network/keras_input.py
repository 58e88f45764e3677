"""Turn any way to write a model's input, (28, 28, 1), (28, 28) or (784,), into the Lab's images. No TensorFlow here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cnnlab.datasets import DATASETS
from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.arithmetic import Shape
from cnnlab.network.keras_chain import KerasLayer, Note, excerpt, note, unsupported_argument

_ELEMENTWISE = frozenset({"Activation", "Dropout", "GaussianNoise", "LeakyReLU", "Rescaling"})
"""Layers that compute the same from an image as from its flattened pixels."""


def image_first(given: object, layers: list[KerasLayer], notes: list[Note]) -> tuple[Shape, list[KerasLayer]]:
    """Return the image shape for any way to write it, (28, 28, 1), (28, 28) or (784,), and the layers after that."""
    if not isinstance(given, list) or not 1 <= len(given) <= 3 or not all(map(_is_length, given)):
        raise _no_image(given)
    if len(given) == 3:
        _check_channels_last(given)
        return tuple(given), layers
    head = next((index for index, layer in enumerate(layers) if layer.kind not in _ELEMENTWISE), len(layers))
    shape, rest = list(given), layers[head:]
    while rest and rest[0].kind == "Reshape":
        shape, rest = reshaped(rest[0], math.prod(shape)), rest[1:]
    if len(shape) == 3:
        _check_channels_last(shape)
    elif not rest or rest[0].kind != "Flatten":
        if len(shape) == 2:
            raise _matrix(shape, rest).at(head)
        rest = [KerasLayer("Flatten", {}, (), ""), *rest]
    image = shape if len(shape) == 3 else _image(given)
    text = N_("The model takes its input as {given}; the Lab gives it images of {image}.")
    notes.append(note(text, given=_text(given), image=_text(image)))
    return tuple(image), [*layers[:head], *rest]


def _text(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) if len(shape) > 1 else f"({shape[0]},)"


def _matrix(shape: Sequence[int], rest: Sequence[KerasLayer]) -> NetworkError:
    return NetworkError(
        N_("It works on a {shape} matrix; the Lab's layers work on images and vectors."),
        N_("Start the model with keras.Input((height, width, channels)), or with Flatten."),
        shape=_text(shape),
    ).of_kind(excerpt(rest[0].kind) if rest else "?")


def _no_image(given: object) -> NetworkError:
    return NetworkError(
        N_("The model's input is {received}; expected images of a fixed size: height, width, channels."),
        N_("Start the model with keras.Input((height, width, channels))."),
        received=excerpt(given),
    )


def _image(given: list[int]) -> list[int]:
    """Return the image shape that a vector or matrix stands for: a dataset's, or a gray square."""
    if len(given) == 2:
        return [*given, 1]
    known = [list(info.input_shape) for info in DATASETS.values() if math.prod(info.input_shape) == given[0]]
    side = math.isqrt(given[0])
    if not known and side * side != given[0]:
        raise _no_image(given)
    return known[0] if known else [side, side, 1]


def reshaped(layer: KerasLayer, size: int) -> list[int]:
    """Return the output shape of a Reshape of `size` values."""
    target = layer.config.get("target_shape")
    if not isinstance(target, list | tuple) or not all(isinstance(one, int) for one in target):
        raise unsupported_argument("target_shape", target).of_kind("Reshape")
    known = math.prod(one for one in target if one != -1)
    return [size // max(known, 1) if one == -1 else one for one in target]


def _is_length(length: object) -> bool:
    return isinstance(length, int) and not isinstance(length, bool)


def _check_channels_last(shape: Sequence[int]) -> None:
    height, width, channels = shape
    if height in (1, 3) and width == channels > 4:
        raise NetworkError(
            N_("The model's images are {received}: channels, height, width; the Lab has height, width, channels."),
            N_("Build the model for images of {expected}, with data_format='channels_last'."),
            received=excerpt(list(shape)),
            expected=f"{width}×{channels}×{height}",
        )
