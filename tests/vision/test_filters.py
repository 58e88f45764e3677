"""Learned kernels against the arrays that they come from, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.layers import AnyLayer, BatchNormalization, Conv2D, Dense, DepthwiseConv2D, Flatten, SeparableConv2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, summarize
from cnnlab.vision.filters import MAX_FILTERS, Filter, filters, has_filters

SHAPE = (4, 5, 3)


def rows(*layers: AnyLayer) -> tuple[Row, ...]:
    return summarize(NetworkSpec(input_shape=SHAPE, layers=layers)).rows


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def assert_is(one: Filter, kernel: np.ndarray, whole: np.ndarray, bias: Any) -> None:
    np.testing.assert_allclose(one.kernel, kernel, rtol=1e-6)
    expected = (bias, whole.mean(), whole.std(), np.sqrt((whole**2).sum()))
    assert (one.bias, one.mean, one.std, one.norm) == pytest.approx(expected, rel=1e-5)


def test_which_layers_have_pictures_for_weights() -> None:
    chain = rows(Conv2D(), BatchNormalization(), DepthwiseConv2D(), SeparableConv2D(kernel_size=1), Flatten(), Dense())
    assert [has_filters(row, chain[: row.index]) for row in chain] == [True, False, True, True, False, False]
    direct = rows(Flatten(), Dense(), Dense())
    assert [has_filters(row, direct[: row.index]) for row in direct] == [False, True, False]


@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution(bias: bool) -> None:
    (row,) = rows(Conv2D(filters=2, kernel_size=(3, 2), use_bias=bias))
    kernel, biases = numbers(3, 2, 3, 2), np.array([0.5, -2], np.float32)
    weights = {"conv2d": (kernel, biases) if bias else (kernel,)}
    found = filters(row, weights, SHAPE)
    assert [one.index for one in found] == [0, 1]
    for k, one in enumerate(found):
        assert_is(one, kernel[:, :, :, k].mean(axis=2), kernel[:, :, :, k], biases[k] if bias else 0)
        assert one.most_similar == ("", 0.0)  # no preset is 3×2
    for channel in range(3):
        for k, one in enumerate(filters(row, weights, SHAPE, channel)):
            assert_is(one, kernel[:, :, channel, k], kernel[:, :, :, k], biases[k] if bias else 0)


def test_a_convolution_that_found_a_known_kernel() -> None:
    (row,) = rows(Conv2D(filters=2))
    kernel = np.zeros((3, 3, 3, 2), np.float32)
    kernel[:, :, 1, 0] = -2 * KERNELS["laplacian"].array
    one, nothing = filters(row, {"conv2d": (kernel, np.zeros(2))}, SHAPE, 1)
    assert one.most_similar == ("laplacian", pytest.approx(-1))
    assert nothing.most_similar == ("", 0.0)


def test_depthwise_kernels_look_through_one_channel_each() -> None:
    (row,) = rows(DepthwiseConv2D(kernel_size=(2, 3), depth_multiplier=2))
    kernel, biases = numbers(2, 3, 3, 2), numbers(6)
    for channel in (None, 2):
        found = filters(row, {"depthwise_conv2d": (kernel, biases)}, SHAPE, channel)
        assert len(found) == 6
        for k, one in enumerate(found):
            assert_is(one, kernel[:, :, k // 2, k % 2], kernel[:, :, k // 2, k % 2], biases[k])


def test_a_separable_convolution_shows_its_depthwise_kernels_whose_bias_comes_later() -> None:
    (row,) = rows(SeparableConv2D(filters=3, kernel_size=(2, 2)))
    depthwise, pointwise = numbers(2, 2, 3, 1), numbers(1, 1, 3, 3)
    for channel in (None, 1):
        found = filters(row, {"separable_conv2d": (depthwise, pointwise, np.ones(3))}, SHAPE, channel)
        assert len(found) == 3
        for k, one in enumerate(found):
            assert_is(one, depthwise[:, :, k, 0], depthwise[:, :, k, 0], 0)


@pytest.mark.parametrize("bias", [True, False])
def test_a_dense_layer_that_sees_the_image(bias: bool) -> None:
    row = rows(Flatten(), Dense(units=300, use_bias=bias))[1]
    kernel, biases = numbers(4 * 5 * 3, 300), numbers(300)
    found = filters(row, {"dense": (kernel, biases) if bias else (kernel,)}, SHAPE, 2)
    assert len(found) == MAX_FILTERS
    image = numbers(*SHAPE)
    for k in (0, 7, 255):
        whole = kernel[:, k].reshape(SHAPE)
        assert_is(found[k], whole[:, :, 2], whole, biases[k] if bias else 0)
        # Laid on the image, the picture of the weights gives what the unit says.
        assert (whole * image).sum() == pytest.approx(image.reshape(-1) @ kernel[:, k], rel=1e-4)
