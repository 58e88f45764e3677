"""The arithmetic of the stages for kernels and pooling, in a real Chromium, against Python's and Keras's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from cnnlab.network.arithmetic import Padding, Window
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.ui.components.kernel_stage.component import design_module, pooling_module
from cnnlab.vision.convolution import correlate, difference, pixel, shift

_LOAD = 'async (source) => import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))'
_TENSOR = """
(array) => ({
  shape: [array.length, array[0].length, array[0][0].length],
  data: Float32Array.from(array.flat(2)),
})
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with both modules."""
    found = browser.new_page()
    found.evaluate(f"async (source) => {{ window.design = await ({_LOAD})(source); }}", design_module())
    found.evaluate(f"async (source) => {{ window.pooling = await ({_LOAD})(source); }}", pooling_module())
    found.evaluate(f"() => {{ window.tensor = {_TENSOR}; }}")
    yield found
    found.close()


def run(page: Page, what: str, **values: Any) -> Any:
    """Evaluate JavaScript with these names; a tensor comes back as [shape, values]."""
    names = ", ".join(values)
    plain = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in values.items()}
    shown = "found.data ? [found.shape, [...found.data]] : found"
    return page.evaluate(f"async ({{ {names} }}) => {{ const found = await {what}; return {shown}; }}", plain)


def array(found: Any) -> np.ndarray:
    shape, values = found
    return np.reshape(values, shape)


def settings(kernel: np.ndarray, stride: int, dilation: int, padding: str, **more: Any) -> dict[str, Any]:
    plain = {"kernel": kernel.tolist(), "stride": stride, "dilation": dilation, "padding": padding}
    return plain | {"bias": 0, "activation": "linear"} | more


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("name", ["notes-horizontal", "sobel-vertical", "gaussian-5"])
def test_the_result_is_that_of_python(page: Page, name: str, stride: int, dilation: int, padding: Padding) -> None:
    kernel = KERNELS[name].array
    image = np.random.default_rng(0).random((14, 17)).astype(np.float32)
    window = Window(kernel.shape, (stride, stride), (dilation, dilation))
    design = settings(kernel, stride, dilation, padding)
    found = run(page, "design.convolved(tensor(image), settings)", image=image[..., np.newaxis], settings=design)
    expected = correlate(image, kernel, window, padding)
    np.testing.assert_allclose(array(found)[..., 0], expected, atol=1e-5)
    texts = [window.output_text(length, axis, padding) for axis, length in enumerate(image.shape)]
    arguments = f"{len(kernel)}, {stride}, {dilation}, '{padding}'"
    assert run(page, f"lengths.map((n) => design.sizeText(n, {arguments}))", lengths=image.shape) == texts

    at = (expected.shape[0] - 1, 1)
    steps = run(
        page, "design.explained(tensor(image), settings, at)", image=image[..., np.newaxis], settings=design, at=at
    )
    known = pixel(image, kernel, window, padding, at)
    assert tuple(steps["corner"]) == known.corner
    np.testing.assert_allclose(steps["steps"][0]["patch"], known.patch.ravel(), atol=1e-7)
    np.testing.assert_allclose(steps["steps"][0]["products"], known.products.ravel(), atol=1e-6)
    assert steps["steps"][0]["value"] == pytest.approx(known.total, abs=1e-6)
    # The pixel in the middle of a window leads back to it.
    middle = [corner + (window.reach(axis) - 1) // 2 for axis, corner in enumerate(known.corner)]
    found = run(
        page, "design.placeOver(tensor(image), settings, at)", image=image[..., np.newaxis], settings=design, at=middle
    )
    assert tuple(found) == at


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
def test_bias_and_activation_are_those_of_keras(page: Page, activation: str) -> None:
    image, kernel = np.random.default_rng(1).normal(size=(7, 8, 1)), KERNELS["emboss"].array
    design = settings(kernel, 1, 1, "valid", bias=-0.5, activation=activation)
    found = array(run(page, "design.convolved(tensor(image), settings)", image=image, settings=design))
    layer = keras.layers.Conv2D(1, 3, activation=activation)
    layer.build((None, *image.shape))
    layer.set_weights([kernel[..., np.newaxis, np.newaxis], np.array([-0.5])])
    np.testing.assert_allclose(found, layer(image[np.newaxis])[0], atol=1e-5)
    step = run(page, "design.explained(tensor(image), settings, [2, 3])", image=image, settings=design)["steps"][0]
    assert step["value"] == pytest.approx(float(found[2, 3, 0]), abs=1e-6)


def test_an_image_in_color_is_used_by_channel(page: Page) -> None:
    image, kernel = np.random.default_rng(2).random((6, 5, 3)), KERNELS["laplacian"].array
    planes = {"red": image[..., 0], "blue": image[..., 2], "gray": image @ (0.299, 0.587, 0.114)}
    for channel, plane in planes.items():
        found = array(run(page, "design.channelOf(tensor(image), channel)", image=image, channel=channel))
        np.testing.assert_allclose(found[..., 0], plane, atol=1e-6)
    design = settings(kernel, 1, 1, "valid")
    each = array(
        run(page, "design.convolved(design.channelOf(tensor(image), 'color'), settings)", image=image, settings=design)
    )
    for channel in range(3):
        expected = correlate(image[..., channel], kernel, Window((3, 3), (1, 1)))
        np.testing.assert_allclose(each[..., channel], expected, atol=1e-5)


def test_a_kernel_keeps_its_middle_when_its_size_changes(page: Page) -> None:
    kernel = np.arange(9).reshape(3, 3)
    larger = run(page, "design.resized(kernel, 7)", kernel=kernel)
    assert np.array_equal(larger, np.pad(kernel, 2))
    assert run(page, "design.resized(kernel, 3)", kernel=np.array(larger)) == kernel.tolist()


@pytest.mark.parametrize(
    ("terms", "total", "text"),
    [
        ([0.114, -1.976, 0.0004, 0.0, 2.0], 0.138, "0.114 − 1.976 + 2.000 = 0.138"),
        ([-0.5, 0.25], -0.25, "−0.500 + 0.250 = −0.250"),
        ([0.0, -0.0001], -0.0001, "0 = 0.000"),
        # Each is written as 0.114, the total as 0.343.
        ([0.1144, 0.1144, 0.1144], 0.3432, "0.114 + 0.114 + 0.114 ≈ 0.343"),
    ],
)
def test_a_sum_is_written_out(page: Page, terms: list[float], total: float, text: str) -> None:
    written = "[design.sumText(terms), design.equalSign(terms, total), design.decimals(total)].join(' ')"
    assert run(page, written, terms=terms, total=total) == text


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_pooling_is_that_of_keras(page: Page, kind: str, size: int, stride: int) -> None:
    image = np.random.default_rng(3).random((9, 12, 1))
    layer = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}[kind](size, stride)
    expected = np.asarray(layer(image[np.newaxis]))[0]
    pooling = {"kind": kind, "size": size, "stride": stride}
    found = array(run(page, "pooling.pooled(tensor(image), settings)", image=image, settings=pooling))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    values = run(page, "pooling.valuesIn(tensor(image), [0, 2 * size], size)", image=image, size=size)
    np.testing.assert_allclose(values, image[:size, 2 * size : 3 * size].ravel())


@pytest.mark.parametrize(("down", "right"), [(0, 1), (-3, 2), (4, -5), (20, 0)])
def test_a_shift_and_what_it_changes_are_those_of_python(page: Page, down: int, right: int) -> None:
    image = np.random.default_rng(4).random((9, 12))
    values = {"image": image[..., np.newaxis], "down": down, "right": right}
    moved = array(run(page, "pooling.shifted(tensor(image), down, right)", **values))[..., 0]
    np.testing.assert_allclose(moved, shift(image, down, right), atol=1e-7)
    share = run(page, "pooling.differenceOf(tensor(image), pooling.shifted(tensor(image), down, right))", **values)
    assert share == pytest.approx(difference(image, moved), abs=1e-6)


def test_a_page_without_https_says_that_it_gets_no_webcam(page: Page) -> None:
    assert run(page, "new design.Camera().start(() => {})") == "insecure"
