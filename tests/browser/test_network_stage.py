"""The stage over a whole network: its numbers are Keras's, and it needs no server while a person looks around."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import keras
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from playwright.sync_api import Browser, Page, expect

from cnnlab.datasets import load, scaled
from cnnlab.export import live_network
from cnnlab.network.build import build
from cnnlab.network.layers import Conv2D, Dense, DepthwiseConv2D, Flatten, MaxPooling2D, SeparableConv2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names
from cnnlab.training.snapshots import moments, read
from cnnlab.ui.components.network_stage.component import module
from cnnlab.vision.filter_edits import FilterEdit, edited
from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import LOOK_MS, LabPage, trained
from tests.browser.server import AppServer
from tests.browser.test_live_network import fill

NETWORK = NetworkSpec(
    input_shape=(9, 8, 2),
    layers=(
        Conv2D(filters=5, kernel_size=(3, 2), strides=(2, 1), padding="same", activation="relu"),
        DepthwiseConv2D(kernel_size=(2, 3), depth_multiplier=2, padding="same", activation="tanh"),
        SeparableConv2D(filters=3, kernel_size=(2, 2), activation="relu"),
        Conv2D(filters=4, kernel_size=(2, 2), dilation_rate=(2, 2), padding="same", use_bias=False, activation="elu"),
        MaxPooling2D(pool_size=(2, 2)),
        Flatten(),
        Dense(units=6, activation="sigmoid"),
        Dense(units=3, activation="softmax"),
    ),
)

_COMPUTE = """
([message, image, edits]) => {
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const network = stage.readNetwork(bytesOf(message));
  const input = { shape: network.inputShape, data: new Float32Array(bytesOf(image).buffer) };
  const outputs = stage.forward(network, input.data, edits);
  window.computed = { layers: network.layers, tensors: [input, ...outputs] };
  return outputs.map(({ data }) => [...data]);
}
"""
_SUM = """
([layer, before, ...rest]) => {
  const { terms, bias, total } = stage.sumOf(computed.layers[layer], computed.tensors[before + 1], ...rest);
  return { bias, total, terms: terms.map(({ patch, kernel, sum }) => [[...patch], [...kernel], sum]) };
}
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with the module."""
    found = browser.new_page()
    found.set_default_timeout(LOOK_MS)
    found.route("**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    found.goto("http://localhost/")
    found.evaluate(
        """async (source) => {
          window.stage = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
        }""",
        module(),
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return fill(build(NETWORK), np.random.default_rng(1))


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(2).random(NETWORK.input_shape, np.float32)


def weights_of(model: keras.Model) -> dict[str, tuple[np.ndarray, ...]]:
    named = zip(keras_names(NETWORK), model.layers, strict=True)
    return {name: tuple(layer.get_weights()) for name, layer in named if layer.get_weights()}


def computed(
    page: Page, model: keras.Model, image: np.ndarray, edits: list[dict[str, float]] | None = None
) -> list[np.ndarray]:
    """The outputs of all layers in the browser."""
    message = live_network.write("key", NETWORK, weights_of(model), half=False)
    sent = [base64.b64encode(content).decode() for content in (message, image.tobytes())]
    return [np.array(one) for one in page.evaluate(_COMPUTE, [*sent, edits or []])]


def before_activation(model: keras.Model, image: np.ndarray, place: int) -> np.ndarray:
    """What Keras's layer computes without its activation, for the outputs of the layers before it."""
    values = image[np.newaxis]
    for layer in model.layers[:place]:
        values = layer(values)
    layer = model.layers[place]
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        return np.asarray(layer(values))[0]
    finally:
        layer.activation = activation


@pytest.mark.parametrize(("place", "before"), [(0, -1), (1, 0), (2, 1), (3, 2), (6, 4), (7, 6)])
def test_the_sum_under_the_pointer_is_the_value_before_the_activation(
    page: Page, model: keras.Model, image: np.ndarray, place: int, before: int
) -> None:
    computed(page, model, image)
    expected = before_activation(model, image, place)
    if expected.ndim == 1:
        expected = expected[np.newaxis, np.newaxis]
    rows, columns, maps = expected.shape
    # The corners are where the kernel reaches over the edge.
    for row, column in {(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 2)}:
        for index in range(maps):
            found = page.evaluate(_SUM, [place, before, index, row, column])
            assert found["total"] == pytest.approx(expected[row, column, index], abs=1e-4)
            for patch, kernel, total in found["terms"]:
                assert np.dot(patch, kernel) == pytest.approx(total)
            assert sum(total for *_, total in found["terms"]) + found["bias"] == pytest.approx(found["total"])


@pytest.mark.parametrize("factor", [0, -1])
@pytest.mark.parametrize("place", [0, 1, 2, 3, 6, 7])
def test_a_changed_filter_is_what_keras_makes_of_changed_weights(
    page: Page, model: keras.Model, image: np.ndarray, place: int, factor: int
) -> None:
    found = computed(page, model, image, [{"layer": place, "map": 1, "factor": factor}])
    changed = build(NETWORK)
    changed.set_weights(model.get_weights())
    arrays = changed.layers[place].get_weights()
    own = arrays[1:] if place == 2 else arrays
    for array in own:
        # A depthwise kernel has its filters on two axes: two for each channel.
        filters = array.reshape(-1, array.shape[-2] * array.shape[-1]) if place == 1 and array.ndim == 4 else array
        filters[..., 1] *= factor
    changed.layers[place].set_weights(arrays)
    values = image[np.newaxis]
    for layer, output in zip(changed.layers, found, strict=True):
        values = layer(values)
        np.testing.assert_allclose(output, np.asarray(values).ravel(), atol=1e-4)
    # The server changes the weights in the same way.
    server = edited(NETWORK, weights_of(model), [FilterEdit(keras_names(NETWORK)[place], 1, factor)])
    for array, expected in zip((a for arrays in server.values() for a in arrays), changed.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)


IMAGE = 2
"""The training image that the pages show at first."""
_COUNT_MESSAGES = """
() => {
  window.messages = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...all) { window.messages += 1; return send.apply(this, all); };
}
"""


@pytest.fixture(scope="module")
def run(lab_server: AppServer, profiles: Profiles) -> str:
    """A finished run of `conv-8`."""
    return trained(profiles.page(), lab_server, "conv-8", epochs=1)[0]


def scores(weights: dict[str, tuple[np.ndarray, ...]], images: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The outputs of `conv-8` before softmax, with its filters multiplied by factors; worked out without Keras."""
    padded = np.pad(images[..., 0], ((0, 0), (1, 1), (1, 1)))
    kernels, biases = weights["conv2d"]
    sums = np.einsum("nyxij,ijk->nyxk", sliding_window_view(padded, (3, 3), axis=(1, 2)), kernels[:, :, 0]) + biases
    maps = np.maximum(sums * factors, 0)
    return maps.reshape(len(maps), -1) @ weights["dense"][0] + weights["dense"][1]


def see_bars(page: LabPage, expected: np.ndarray) -> None:
    """Wait until the bars of the stage are the softmax of these scores."""
    shares = np.exp(expected - expected.max())
    page.page.wait_for_function(
        """(shares) => {
          const bars = [...document.querySelectorAll(".cnnlab-stage .cnnlab-bars li")];
          return bars.length && shares.every((share, k) => Math.abs(bars[k].dataset.value - share) < 2e-3);
        }""",
        arg=(shares / shares.sum()).tolist(),
    )


def test_dragging_the_time_slider_needs_no_message(lab_server: AppServer, visit: Visit, run: str) -> None:
    folder = lab_server.home / "runs" / run
    kept = moments(folder)
    image, unchanged = scaled(load("mnist-5k").x_train[IMAGE : IMAGE + 1]), np.ones(8)
    answers = [scores(read(folder, moment), image, unchanged)[0] for moment in kept]
    page = visit(lab_server, f"train?run={run}")
    page.go("Feature maps")
    see_bars(page, answers[-1])
    expect(page.main.locator(".cnnlab-controls .cnnlab-quiet")).to_have_text("")
    page.settle()
    page.page.evaluate(_COUNT_MESSAGES)
    slider = page.main.get_by_role("slider", name="Snapshot")
    box = slider.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + box["width"] - 8, middle)
    page.page.mouse.down()
    for place in range(len(kept) - 2, -1, -1):
        page.page.mouse.move(box["x"] + 8 + (box["width"] - 16) * place / (len(kept) - 1), middle)
        expect(slider).to_have_value(str(place))
        see_bars(page, answers[place])
    assert page.page.evaluate("messages") == 0
    page.page.mouse.up()
    # What was chosen goes along to other pages.
    page.page.wait_for_function("messages > 0")
    page.settle()
    page.go("Filters")
    page.tab("Learned")
    expect(slider).to_have_value("0")
    see_bars(page, answers[0])


def test_a_filter_is_switched_off_and_flipped_by_keys(lab_server: AppServer, visit: Visit, run: str) -> None:
    folder, data = lab_server.home / "runs" / run, load("mnist-5k")
    weights = read(folder, moments(folder)[-1])
    image, tests = scaled(data.x_train[IMAGE : IMAGE + 1]), scaled(data.x_test[:1000])

    def accuracy(factors: np.ndarray) -> float:
        return float((scores(weights, tests, factors).argmax(axis=1) == data.y_test[:1000]).mean())

    page = visit(lab_server, f"train?run={run}")
    page.go("Feature maps")
    see_bars(page, scores(weights, image, np.ones(8))[0])
    column = page.main.get_by_role("group", name="conv2d, ")
    page.settle()
    column.first.focus()
    column.first.press("ArrowRight")
    expect(page.main.locator(".cnnlab-says")).to_contain_text("conv2d, map 1")
    for key, factor in (("Enter", 0), ("Enter", -1)):
        column.first.press(key)
        factors = np.array([1, factor, 1, 1, 1, 1, 1, 1])
        see_bars(page, scores(weights, image, factors)[0])
        before, after = accuracy(np.ones(8)), accuracy(factors)
        expect(page.main.locator(".cnnlab-controls")).to_contain_text(f"{before:.1%} → {after:.1%}")
    # A pixel of the large map, by the pointer: the sum is the one before the activation.
    page.settle()
    large = page.main.locator(".cnnlab-large canvas")
    large.scroll_into_view_if_needed()
    box = large.bounding_box()
    assert box
    row, column_of_map = 14, 9
    page.page.mouse.move(
        box["x"] + (column_of_map + 0.5) * box["width"] / 28, box["y"] + (row + 0.5) * box["height"] / 28
    )
    expect(page.main.locator(".cnnlab-large figcaption")).to_contain_text(f"row {row}, column {column_of_map}")
    patch = np.pad(image[0, ..., 0], 1)[row : row + 3, column_of_map : column_of_map + 3]
    expected = -((patch * weights["conv2d"][0][:, :, 0, 1]).sum() + weights["conv2d"][1][1])
    page.page.wait_for_function(
        "total => Math.abs(document.querySelector('.cnnlab-detail')?.dataset.total - total) < 1e-3",
        arg=float(expected),
    )
    page.main.get_by_role("button", name="Reset filters").click()
    see_bars(page, scores(weights, image, np.ones(8))[0])


def test_the_webcam_is_the_image_until_it_is_switched_off(lab_server: AppServer, visit: Visit, run: str) -> None:
    folder = lab_server.home / "runs" / run
    image = scaled(load("mnist-5k").x_train[IMAGE : IMAGE + 1])
    answer = scores(read(folder, moments(folder)[-1]), image, np.ones(8))[0]
    page = visit(lab_server, f"train?run={run}")
    page.go("Feature maps")
    see_bars(page, answer)
    webcam = page.main.get_by_role("button", name="Webcam")
    webcam.click()
    expect(webcam).to_have_attribute("aria-pressed", "true")
    # Chromium's test camera shows a picture that moves.
    page.page.evaluate("window.seen = new Set()")
    page.page.wait_for_function(
        """() => {
          const bars = [...document.querySelectorAll(".cnnlab-stage .cnnlab-bars li")];
          return seen.add(bars.map((bar) => bar.dataset.value).join()).size >= 4;
        }"""
    )
    webcam.click()
    expect(webcam).to_have_attribute("aria-pressed", "false")
    see_bars(page, answer)
