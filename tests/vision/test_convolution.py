"""Correlation and pooling against SciPy and Keras; one pixel, shifts and differences by hand."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
import scipy.signal

from cnnlab.datasets import load
from cnnlab.errors import CNNLabError
from cnnlab.network.arithmetic import Padding, Window
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.vision.convolution import Pooling, correlate, difference, pixel, pool, shift

PADDINGS: tuple[Padding, ...] = ("valid", "same")
STRIDES = ((1, 1), (2, 2), (3, 2))
DILATIONS = ((1, 1), (2, 2), (1, 3))
SHAPES = ((14, 13), (16, 17))


def picture(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(3).random(shape)


def by_scipy(image: np.ndarray, kernel: np.ndarray, window: Window, padding: Padding) -> np.ndarray:
    """The kernel with its gaps written out, laid everywhere; then only the places that the strides reach."""
    spread = np.zeros((window.reach(0), window.reach(1)))
    spread[:: window.dilation[0], :: window.dilation[1]] = kernel
    begins = [0, 0]
    if padding == "same":
        whole = scipy.signal.correlate2d(image, spread, mode="full")
        # TensorFlow's own rule: floor(total / 2) zeros before.
        for axis, length in enumerate(image.shape):
            stride, reach = window.strides[axis], window.reach(axis)
            total = max(reach - (length % stride or stride), 0)
            begins[axis] = reach - 1 - total // 2
        sizes = [-(-length // stride) for length, stride in zip(image.shape, window.strides, strict=True)]
        places = whole[begins[0] :: window.strides[0], begins[1] :: window.strides[1]]
        return np.asarray(places[: sizes[0], : sizes[1]])
    whole = scipy.signal.correlate2d(image, spread, mode="valid")
    return np.asarray(whole[:: window.strides[0], :: window.strides[1]])


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_against_scipy(name: str) -> None:
    kernel = KERNELS[name].array
    for shape, padding, strides, dilation in itertools.product(SHAPES, PADDINGS, STRIDES, DILATIONS):
        image, window = picture(shape), Window(kernel.shape, strides, dilation)
        np.testing.assert_allclose(
            correlate(image, kernel, window, padding), by_scipy(image, kernel, window, padding), atol=1e-12
        )


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (2, 5), (4, 3)])
def test_against_keras(size: tuple[int, int], padding: Padding) -> None:
    kernel = np.random.default_rng(4).normal(size=size)
    # Keras knows no strides with gaps.
    settings = [(strides, (1, 1)) for strides in STRIDES] + [((1, 1), dilation) for dilation in DILATIONS[1:]]
    for shape, (strides, dilation) in itertools.product(SHAPES, settings):
        image = picture(shape)
        layer = keras.layers.Conv2D(1, size, strides, padding, dilation_rate=dilation, use_bias=False)
        layer.build((None, *shape, 1))
        layer.set_weights([kernel[:, :, np.newaxis, np.newaxis]])
        expected = layer(image[np.newaxis, :, :, np.newaxis].astype("float32")).numpy()[0, :, :, 0]
        np.testing.assert_allclose(
            correlate(image, kernel, Window(size, strides, dilation), padding), expected, atol=1e-5
        )


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_against_keras(kind: Pooling, padding: Padding) -> None:
    layer = keras.layers.MaxPooling2D if kind == "max" else keras.layers.AveragePooling2D
    # Of negative numbers, so that a zero that was added would be seen.
    images = [picture(shape) - 2 for shape in SHAPES]
    for image, size, strides in itertools.product(images, [(1, 1), (2, 2), (3, 3), (2, 3)], STRIDES):
        expected = layer(size, strides, padding)(image[np.newaxis, :, :, np.newaxis].astype("float32"))
        np.testing.assert_allclose(
            pool(image, Window(size, strides), kind, padding), expected.numpy()[0, :, :, 0], atol=1e-6
        )


def test_the_kernel_is_not_turned_round() -> None:
    image = np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    kernel = np.arange(9.0).reshape(3, 3)
    window = Window((3, 3), (1, 1))
    assert correlate(image, kernel, window, "same").tolist() == [[8, 7, 6], [5, 4, 3], [2, 1, 0]]


@pytest.mark.parametrize("padding", PADDINGS)
def test_one_pixel_is_the_one_of_the_whole(padding: Padding) -> None:
    kernel = np.random.default_rng(5).normal(size=(3, 2))
    for shape, strides, dilation in itertools.product(((7, 8), (6, 5)), STRIDES, DILATIONS):
        image, window = picture(shape), Window((3, 2), strides, dilation)
        whole = correlate(image, kernel, window, padding)
        framed = np.pad(image, 20)
        for at in np.ndindex(whole.shape):
            one = pixel(image, kernel, window, padding, at)
            assert one.total == pytest.approx(whole[at], abs=1e-12)
            np.testing.assert_array_equal(one.products, one.patch * kernel)
            top, left = one.corner[0] + 20, one.corner[1] + 20
            seen = framed[top : top + window.reach(0) : dilation[0], left : left + window.reach(1) : dilation[1]]
            np.testing.assert_array_equal(one.patch, seen)


def test_corners_by_hand() -> None:
    image = np.arange(1.0, 17).reshape(4, 4)
    kernel = np.ones((3, 3))
    valid = pixel(image, kernel, Window((3, 3), (1, 1)), "valid", (1, 1))
    assert (valid.corner, valid.total) == ((1, 1), 6 + 7 + 8 + 10 + 11 + 12 + 14 + 15 + 16)
    same = pixel(image, kernel, Window((3, 3), (1, 1)), "same", (0, 3))
    assert (same.corner, same.patch.tolist()) == ((-1, 2), [[0, 0, 0], [3, 4, 0], [7, 8, 0]])
    # One zero only, and it comes at the end.
    strided = pixel(image, kernel, Window((3, 3), (2, 2)), "same", (1, 1))
    assert (strided.corner, strided.patch.tolist()) == ((2, 2), [[11, 12, 0], [15, 16, 0], [0, 0, 0]])


def test_shift_by_hand() -> None:
    image = np.array([[1, 2, 3], [4, 5, 6]])
    assert shift(image, 0, 0).tolist() == image.tolist()
    assert shift(image, 1, 0).tolist() == [[0, 0, 0], [1, 2, 3]]
    assert shift(image, -1, 0).tolist() == [[4, 5, 6], [0, 0, 0]]
    assert shift(image, 0, 2).tolist() == [[0, 0, 1], [0, 0, 4]]
    assert shift(image, 1, -1).tolist() == [[0, 0, 0], [2, 3, 0]]
    for down, right in ((2, 0), (-2, 0), (5, 0), (-5, 0), (0, 3), (0, -9), (7, 7)):
        assert shift(image, down, right).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_difference_by_hand() -> None:
    before, after = np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([[0.0, 1.0], [0.0, 3.0]])
    assert difference(before, after) == 2 / 8
    assert difference(before, before) == 0
    assert difference(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == 1
    assert difference(np.array([[1.0]]), np.array([[-1.0]])) == 1
    assert difference(np.zeros((2, 2)), np.zeros((2, 2))) == 0


def test_pooling_makes_shifts_matter_less() -> None:
    """The notes' point: shifted by a pixel, a pooled map changes less."""
    digits = load("mnist-5k").x_test[:20, :, :, 0] / 255
    window, pooling = Window((3, 3), (1, 1)), Window((2, 2), (2, 2))
    kernel = KERNELS["notes-horizontal"].array
    maps = [[np.maximum(correlate(shift(d, 0, right), kernel, window), 0) for right in (0, 1)] for d in digits]
    plain = np.mean([difference(*pair) for pair in maps])
    pooled = np.mean([difference(*(pool(one, pooling, "max") for one in pair)) for pair in maps])
    assert pooled < 0.9 * plain


def test_what_cannot_be_done_is_said() -> None:
    image, window = np.zeros((4, 9)), Window((3, 3), (1, 1))
    for value in (np.nan, np.inf):
        with pytest.raises(CNNLabError, match="The kernel contains a value that is not a number"):
            correlate(image, np.full((3, 3), value), window)
    for act in (
        lambda large: correlate(image, np.zeros((3, 3)), large),
        lambda large: pixel(image, np.zeros((3, 3)), large, "valid", (0, 0)),
        lambda large: pool(image, large, "max"),
    ):
        with pytest.raises(CNNLabError, match=r"A window of 5×7 does not fit into an image of 4×9.*“same” padding"):
            act(Window((3, 3), (1, 1), (2, 3)))
