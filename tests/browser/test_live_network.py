"""The network that computes in the browser, in a real Chromium: held against Keras layer by layer, and against Python's
preparation of a drawing."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from cnnlab import datasets
from cnnlab.export import live_network
from cnnlab.network.build import assign_weights, build
from cnnlab.network.layers import LAYERS, AnyLayer, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names, summarize
from cnnlab.pretrain.pen_strokes import CANVAS_PX, CONDITIONS, draw_digit, read_strokes
from cnnlab.runs import builtin
from cnnlab.training import snapshots
from cnnlab.training.recipes import RECIPES
from cnnlab.training.snapshots import Weights
from cnnlab.ui.components.live_network.component import module
from cnnlab.vision.digit_preprocessing import STEPS, to_digit
from cnnlab.vision.feature_maps import TracedNetwork
from cnnlab.vision.image_files import downscale
from tests.browser.lab_page import LOOK_MS
from tests.network.networks import layers, without_kernels

DIGITS = 1000

NETWORK = NetworkSpec(input_shape=(1, 2, 1), layers=(Flatten(), Dense(units=1)))
WEIGHTS = {"dense": (np.array([[2.0], [-1.0]], np.float32), np.array([0.0], np.float32))}

_HELPERS = """
async (source) => {
  window.live = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  window.base64Of = (numbers) => {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    let text = "";
    for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
    return btoa(text);
  };
}
"""
_FORWARD = """
([message, image]) => {
  const numbers = new Float32Array(bytesOf(image).buffer);
  const outputs = live.forward(live.readNetwork(bytesOf(message)), numbers);
  return outputs.map(({ shape, data }) => [shape, base64Of(data)]);
}
"""
_DIGITS = """
async ([compressed, count, side, steps, message]) => {
  const stream = new Blob([bytesOf(compressed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const gray = new Uint8Array(await new Response(stream).arrayBuffer());
  const network = message && live.readNetwork(bytesOf(message));
  const images = new Float32Array(count * 784);
  const answers = [];
  for (let k = 0; k < count; k++) {
    const pixels = new ImageData(side, side);
    const opaque = new Uint32Array(pixels.data.buffer);
    for (let i = 0; i < side * side; i++) opaque[i] = 0xff000000 + gray[k * side * side + i] * 0x010101;
    const { values } = live.toDigit(pixels, steps);
    images.set(values, k * 784);
    if (!network) continue;
    const shares = live.forward(network, values).at(-1).data;
    answers.push(shares.indexOf(Math.max(...shares)));
  }
  return [base64Of(images), answers];
}
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One empty page with the module, for all comparisons."""
    found = browser.new_page()
    found.set_default_timeout(LOOK_MS)
    found.route("**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    found.goto("http://localhost/")
    found.evaluate(_HELPERS, module())
    yield found
    found.close()


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def computed(
    page: Page, network: NetworkSpec, weights: Weights, image: np.ndarray, half: bool = False
) -> list[np.ndarray]:
    """The outputs of all layers in the browser."""
    sent = live_network.write("key", network, weights, half)
    found = page.evaluate(_FORWARD, [base64_of(sent), base64_of(image.tobytes())])
    return [np.frombuffer(base64.b64decode(data), np.float32).reshape(shape) for shape, data in found]


def expect_as_in_keras(
    page: Page, network: NetworkSpec, model: keras.Model, image: np.ndarray, half: bool = False
) -> None:
    """See the output of every layer agree with that of Keras's layer, which has its weights."""
    weights = {name: tuple(layer.get_weights()) for name, layer in zip(keras_names(network), model.layers, strict=True)}
    found = computed(page, network, weights, image, half)
    expected = image[np.newaxis]
    for layer, output in zip(model.layers, found, strict=True):
        expected = layer(expected, training=False)
        np.testing.assert_allclose(output, expected[0], rtol=1e-4, atol=1e-4, err_msg=f"{layer.name} of {network}")


def fill(model: keras.Model, random: np.random.Generator) -> keras.Model:
    """Give a model weights that all matter; Keras begins with many zeros and ones."""
    for layer in model.layers:
        arrays = [random.normal(0, 0.5, array.shape) for array in layer.get_weights()]
        if isinstance(layer, keras.layers.BatchNormalization):
            arrays[3] = np.abs(arrays[3]) + 0.1
        layer.set_weights(arrays)
    return model


def test_every_layer_has_a_twin(page: Page) -> None:
    assert set(page.evaluate("Object.keys(live.LAYERS)")) == live_network.TWINS == set(LAYERS)


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_computes_as_in_keras(page: Page, kind: str) -> None:
    @given(
        layers(kind).map(without_kernels),
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)),
        st.booleans(),
        st.integers(0, 2**32 - 1),
    )
    @settings(max_examples=12)
    def compare(layer: AnyLayer, shape: tuple[int, int, int], vector: bool, seed: int) -> None:
        network = NetworkSpec(input_shape=shape, layers=(Flatten(), layer) if vector or kind == "Dense" else (layer,))
        assume(not summarize(network).error)
        random = np.random.default_rng(seed)
        image = random.normal(size=shape).astype(np.float32)
        expect_as_in_keras(page, network, fill(build(network), random), image)

    compare()


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_compute_as_in_keras(page: Page, name: str) -> None:
    network, random = RECIPES[name].network, np.random.default_rng(0)
    expect_as_in_keras(page, network, build(network), random.random(network.input_shape, np.float32))


@pytest.mark.parametrize("known", builtin.NAMES)
def test_the_built_in_networks_compute_as_in_keras(page: Page, known: str) -> None:
    network, weights = builtin.run(known).network, builtin_weights(known)
    model = build(network)
    assign_weights(model.layers, weights)
    assert live_network.equal(weights, live_network.rounded(weights)), "they are stored as float16"
    for image in datasets.scaled(datasets.load("mnist-5k").x_test[:5]):
        expect_as_in_keras(page, network, model, image, half=True)


def builtin_weights(known: str) -> Weights:
    folder = builtin.folder(known)
    return snapshots.read(folder, snapshots.moments(folder)[-1])


def test_the_prepared_digit_and_its_prediction_agree_with_python(page: Page, shared_data: Path) -> None:
    written = [digit for digit in read_strokes(shared_data / "pen-strokes.txt.gz") if digit.writer > 20][:DIGITS]
    canvases = [draw_digit(digit, CONDITIONS[k % len(CONDITIONS)], seed=k) for k, digit in enumerate(written)]
    expected = np.stack([to_digit(canvas).image for canvas in canvases])
    network, weights = builtin.run(builtin.ID).network, builtin_weights(builtin.ID)
    images, answers = prepared(page, canvases, {}, live_network.write("key", network, weights, half=True))
    differences = np.abs(images - expected).mean(axis=(1, 2))
    assert len(written) == DIGITS
    assert differences.max() < 0.01
    predicted = TracedNetwork(network).probabilities(weights, expected[..., np.newaxis]).argmax(axis=1)
    assert (predicted == answers).mean() >= 0.998


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_the_preparation_can_be_left_out(page: Page, shared_data: Path, step: str) -> None:
    written = read_strokes(shared_data / "pen-strokes.txt.gz")[:6]
    canvases = [draw_digit(digit, CONDITIONS[k], seed=k) for k, digit in enumerate(written)]
    images, _ = prepared(page, canvases, {step: False})
    for image, canvas in zip(images, canvases, strict=True):
        np.testing.assert_allclose(image, to_digit(canvas, **{step: False}).image, atol=1e-4)


def test_an_empty_canvas_is_no_digit(page: Page) -> None:
    assert page.evaluate("live.toDigit(new ImageData(280, 280), {})") is None


def test_a_digit_is_fitted_to_what_a_network_takes(page: Page) -> None:
    image = np.random.default_rng(0).random((28, 28), np.float32)
    small, color = np.zeros((8, 8, 1)), np.zeros((32, 32, 3))
    small[..., 0] = downscale(image.astype(float), 8 / 28)
    color[2:30, 2:30] = image[..., np.newaxis]
    for expected in (small, color):
        found = page.evaluate(
            "([image, shape]) => live.fitted({ width: 28, height: 28, values: Float32Array.from(image) }, shape)",
            [image.ravel().tolist(), expected.shape],
        )
        np.testing.assert_allclose(np.reshape(list(found), expected.shape), expected, atol=1e-6)


def ten_images(page: Page) -> list[list[float]]:
    """Run a network on ten images at once: which of them it answers, and its answers."""
    shown: list[list[float]] = page.evaluate(
        """(message) => new Promise((resolve, reject) => {
          setTimeout(() => reject(new Error("no answer")), 300_000);
          const answers = [];
          live.keep(bytesOf(message));
          live.withNetwork("slow", (network) => {
            for (let k = 0; k < 10; k++) {
              network.run(Float32Array.of(k, 1), ([, output]) => {
                answers.push([k, output.data[0]]);
                if (k === 9) resolve(answers);
              });
            }
          });
        })""",
        base64_of(live_network.write("slow", NETWORK, WEIGHTS, half=False)),
    )
    return shown


def test_a_network_that_is_slower_than_the_pen_leaves_out_images(page: Page) -> None:
    # The first one is being computed when the others come, and of those the newest counts: k · 2 - 1.
    assert ten_images(page) == [[0, -1], [9, 17]]


def test_without_workers_the_page_computes(browser: Browser) -> None:
    # A page without an origin may not start any.
    page = browser.new_page()
    page.evaluate(_HELPERS, module())
    assert ten_images(page) == [[0, -1], [9, 17]]
    page.close()


def test_a_page_keeps_the_networks_that_were_used_last(page: Page) -> None:
    # A worker has no copy of a network once it is let go; it has to be sent again.
    messages = [base64_of(live_network.write(f"number {k}", NETWORK, WEIGHTS, half=False)) for k in range(9)]
    kept = page.evaluate(
        """(messages) => {
          for (const message of messages) live.keep(bytesOf(message));
          const kept = [];
          for (let k = 0; k < messages.length; k++) live.withNetwork(`number ${k}`, () => kept.push(k));
          live.keep(bytesOf(messages[0]));
          return kept;
        }""",
        messages,
    )
    assert kept == [1, 2, 3, 4, 5, 6, 7, 8, 0]


def prepared(
    page: Page, canvases: Sequence[np.ndarray], steps: dict[str, bool], network: bytes = b""
) -> tuple[np.ndarray, list[int]]:
    """The digits on white-on-black canvases as the browser prepares them (n, 28, 28), and its predictions."""
    gray = gzip.compress(np.stack(canvases)[..., 0].tobytes(), compresslevel=1)
    arguments = [base64_of(gray), len(canvases), CANVAS_PX, steps, base64_of(network)]
    images, answers = page.evaluate(_DIGITS, arguments)
    return np.frombuffer(base64.b64decode(images), np.float32).reshape(-1, 28, 28), answers
