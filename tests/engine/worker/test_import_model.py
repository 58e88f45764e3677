"""Models from elsewhere in every form that people have: each file by Keras, and Keras's predictions of it.

The kinds are those of 44 public `.keras` files for MNIST in 35 repositories.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from cnnlab.datasets import load, scaled
from cnnlab.engine.worker import import_model
from cnnlab.engine.worker.export import with_weights
from cnnlab.engine.worker.import_model import convert, examine
from cnnlab.errors import CNNLabError
from cnnlab.evaluation.pixel_fit import best_first, describe, is_clear
from cnnlab.network.foreign_pixels import RANGES
from cnnlab.network.keras_weights import ModelFile
from cnnlab.network.layers import BatchNormalization, Layer, Rescaling
from cnnlab.network.spec import NetworkSpec

layers = keras.layers
MAX_PARAMETERS = 100_000
Make = Callable[[], keras.Model]


def sequence(*stack: Any, size: tuple[int, ...] = (8, 8, 1)) -> keras.Sequential:
    return keras.Sequential([keras.Input(size), *stack])


def head() -> tuple[Any, ...]:
    return layers.Flatten(), layers.Dense(10, "softmax")


def functional() -> keras.Model:
    given = keras.Input((8, 8, 1))
    inside = sequence(layers.Conv2D(2, 3, name="a"), layers.BatchNormalization(), layers.Conv2D(3, 3), size=(8, 8, 1))
    return keras.Model(given, layers.Dense(10, "softmax")(layers.Flatten()(inside(layers.ReLU()(given)))))


def adapted() -> keras.Model:
    statistics = layers.Normalization()
    statistics.adapt(np.random.default_rng(1).random((50, 8, 8, 1)))
    return sequence(statistics, *head())


def half() -> keras.Model:
    return sequence(layers.Conv2D(3, 3, dtype="mixed_float16"), *head())


KINDS: dict[str, tuple[Make, list[str], str]] = {
    "dense on a vector": (lambda: sequence(layers.Dense(10, "softmax"), size=(64,)), ["Flatten", "Dense"], "as (64,)"),
    "a vector made an image": (
        lambda: sequence(layers.Reshape((8, 8, 1)), layers.Conv2D(2, 3), *head(), size=(64,)),
        ["Conv2D", "Flatten", "Dense"],
        "as (64,)",
    ),
    "a matrix": (lambda: sequence(*head(), size=(8, 8)), ["Flatten", "Dense"], "as 8×8;"),
    "a matrix made an image": (
        lambda: sequence(layers.Rescaling(1 / 255), layers.Reshape((8, 8, -1)), *head(), size=(8, 8)),
        ["Rescaling", "Flatten", "Dense"],
        "as 8×8;",
    ),
    "an image made a vector": (
        lambda: sequence(layers.Reshape((-1,)), layers.Dense(10, "softmax")),
        ["Flatten", "Dense"],
        "",
    ),
    "no branches, and a model inside": (
        functional,
        ["Activation", "Conv2D", "BatchNormalization", "Conv2D", "Flatten", "Dense"],
        "has no branches",
    ),
    "activations as layers": (
        lambda: sequence(
            *(layers.LeakyReLU(0.1), layers.ReLU(), layers.ELU(), layers.Conv2D(2, 3, activation=layers.LeakyReLU())),
            *(layers.ReLU(negative_slope=0.25), layers.Flatten(), layers.Dense(10), layers.Softmax()),
        ),
        [
            *("LeakyReLU", "Activation", "Activation", "Conv2D", "LeakyReLU", "LeakyReLU", "Flatten", "Dense"),
            "Activation",
        ],
        "",
    ),
    "augmentation inside": (
        lambda: sequence(
            keras.Sequential([layers.RandomRotation(0.1), layers.RandomZoom(0.1)]), layers.GaussianDropout(0.1), *head()
        ),
        ["Flatten", "Dense"],
        "Left out, since they do nothing when predicting: RandomRotation, RandomZoom, GaussianDropout.",
    ),
    "normalization, adapted": (adapted, ["Rescaling", "Flatten", "Dense"], "Normalization became Rescaling"),
    "normalization, given": (
        lambda: sequence(layers.Normalization(axis=None, mean=0.1307, variance=0.0949), *head()),
        ["Rescaling", "Flatten", "Dense"],
        "Normalization became Rescaling",
    ),
    "batch normalization without scale": (
        lambda: sequence(layers.Conv2D(3, 3), layers.BatchNormalization(scale=False, center=False), *head()),
        ["Conv2D", "BatchNormalization", "Flatten", "Dense"],
        "BatchNormalization without a learned scale",
    ),
    "scores": (lambda: sequence(layers.Flatten(), layers.Dense(10)), ["Flatten", "Dense"], ""),
    "mixed precision": (half, ["Conv2D", "Flatten", "Dense"], "The model computes in mixed_float16"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_predicts_what_keras_predicts(kind: str, tmp_path: Path) -> None:
    make, kinds, said = KINDS[kind]
    path = tmp_path / "model.keras"
    randomized(make()).save(path)
    model = keras.saving.load_model(path)
    foreign, _, fits = examine(str(path), "theirs", MAX_PARAMETERS)
    assert [layer.kind for layer in foreign.network.layers] == kinds
    assert said in " ".join(note.sentence() for note in foreign.notes)
    assert {(fit.dataset, fit.pixels) for fit in fits} == {("digits-8x8", key) for key in RANGES}
    for pixels in ("0..1", "-1..1"):
        images = np.random.default_rng(2).random((5, 8, 8, 1), np.float32)
        given = RANGES[pixels].of_unit(images).reshape((5, *model.input_shape[1:]))
        # Half precision is Keras's, not ours.
        tolerance = 5e-3 if kind == "mixed precision" else 1e-5
        expected = model.predict(given, verbose=0)
        np.testing.assert_allclose(converted(path, pixels).predict(images, verbose=0), expected, atol=tolerance)


def randomized(model: keras.Model) -> keras.Model:
    """The model with weights that differ, among them the moving averages of a normalization."""
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.1, 0.6, weight.shape) for weight in model.get_weights()])
    return model


def converted(path: Path, pixels: str = "0..1", softmax: bool = False) -> keras.Model:
    foreign, weights, _ = examine(str(path), "theirs", MAX_PARAMETERS)
    network, _ = convert(foreign.network, weights, pixels, softmax)
    return with_weights(NetworkSpec.from_json(network), weights)


def test_normalization_by_channel_is_a_batch_normalization(tmp_path: Path) -> None:
    statistics = layers.Normalization(mean=[0.5, 0.4, 0.3], variance=[0.1, 0.2, 0.3])
    model = sequence(statistics, layers.Flatten(), layers.Dense(10, "softmax"), size=(32, 32, 3))
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(2).random((5, 32, 32, 3), np.float32)
    ours = converted(tmp_path / "model.keras")
    np.testing.assert_allclose(ours.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-5)
    foreign, _, _ = examine(str(tmp_path / "model.keras"), "theirs", MAX_PARAMETERS)
    assert isinstance(foreign.network.layers[0], BatchNormalization)


@pytest.mark.parametrize("legacy", ["h5", "keras 2"])
def test_files_of_keras_2(legacy: str, tmp_path: Path) -> None:
    """Keras 3 still writes HDF5 files; only the description differs from Keras 2's, and is rewritten here."""
    model = randomized(functional())
    path = tmp_path / "model.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        description = json.loads(file.attrs["model_config"])
        if legacy == "keras 2":
            as_keras_2(description)
            file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(description), "2.11.0"
    foreign, _, _ = examine(str(path), "theirs", MAX_PARAMETERS)
    version = "2.11.0" if legacy == "keras 2" else keras.__version__
    assert foreign.notes[0].sentence().startswith(f"Written by Keras {version}: the layers and weights were read")
    images = np.random.default_rng(2).random((5, 8, 8, 1), np.float32)
    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(converted(path).predict(images, verbose=0), expected, atol=1e-5)


def as_keras_2(model: dict[str, Any]) -> None:
    """Rewrite a description in place: what Keras 2 calls the input's shape, the layers' inputs and their precision."""
    for entry in model["config"]["layers"]:
        config = entry["config"]
        entry.pop("module", None)
        if "batch_shape" in config:
            config["batch_input_shape"] = config.pop("batch_shape")
        if "dtype" in config:
            config["dtype"] = "float32"
        nodes = entry.get("inbound_nodes")
        if nodes:
            histories = [node["args"][0]["config"]["keras_history"] for node in nodes]
            entry["inbound_nodes"] = [[[*history, {}]] for history in histories]
        if "layers" in config:
            as_keras_2(entry)


@pytest.mark.parametrize("pixels", RANGES)
def test_the_pixels_are_measured(pixels: str, tmp_path: Path) -> None:
    data = load("digits-8x8")
    keras.utils.set_random_seed(1)
    model = sequence(layers.ZeroPadding2D(1), layers.BatchNormalization(), *head())
    model.compile("adam", "sparse_categorical_crossentropy")
    given = RANGES[pixels].of_unit(scaled(data.x_train))
    # With the statistics of the pixels, a linear layer learns in a second.
    model.layers[1].set_weights([np.ones(1), np.zeros(1), given.mean(keepdims=True).ravel(), given.var().reshape(1)])
    model.layers[1].trainable = False
    model.fit(given, data.y_train, epochs=8, verbose=0)
    path = tmp_path / "model.keras"
    model.save(path)
    _, _, fits = examine(str(path), "theirs", MAX_PARAMETERS)
    best = best_first(fits)[0]
    # A linear network hardly tells the two inverted ranges around 0 from each other: then it has to be asked.
    assert (best.pixels, is_clear(fits)) == (pixels, pixels not in ("1..0", "1..-1"))
    labels = data.y_test
    outputs = model.predict(RANGES[pixels].of_unit(scaled(data.x_test)), verbose=0)
    assert best.accuracy == pytest.approx((outputs.argmax(axis=1) == labels).mean()) and best.accuracy > 0.8
    assert f"{best.accuracy:.1%} of 360 test images" in describe(fits, "digits-8x8", pixels)[0].sentence()


@pytest.mark.parametrize(
    ("first", "pixels", "ours"),
    [
        (layers.Rescaling(1 / 255), "0..255", Rescaling()),
        (layers.Rescaling(1 / 127.5, -1), "0..255", Rescaling(scale=2, offset=-1)),
        (layers.Rescaling(2, -1), "0..1", Rescaling(scale=2, offset=-1)),
        (layers.ZeroPadding2D(1), "0..255", Rescaling(scale=255)),
        (layers.ZeroPadding2D(1), "1..-1", Rescaling(scale=-2, offset=1)),
    ],
)
def test_the_pixels_become_part_of_the_network(
    first: keras.layers.Layer, pixels: str, ours: Layer, tmp_path: Path
) -> None:
    sequence(first, *head()).save(tmp_path / "model.keras")
    foreign, weights, _ = examine(str(tmp_path / "model.keras"), "theirs", MAX_PARAMETERS)
    network, _ = convert(foreign.network, weights, pixels, False)
    assert NetworkSpec.from_json(network).layers[0] == ours


def test_a_softmax_is_added_on_request(tmp_path: Path) -> None:
    model = sequence(layers.Flatten(), layers.Dense(10))
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(2).random((5, 8, 8, 1), np.float32)
    scores = model.predict(images, verbose=0)
    found = converted(tmp_path / "model.keras", softmax=True).predict(images, verbose=0)
    np.testing.assert_allclose(found, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), rtol=1e-5)


def test_weights_without_a_network_and_damaged_ones(tmp_path: Path) -> None:
    model = sequence(*head())
    model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(CNNLabError, match=r"^The file has weights only; the network is missing\."):
        ModelFile((tmp_path / "model.weights.h5").read_bytes())
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        group = next(group for name, group in file["model_weights"].items() if name.startswith("dense"))
        del group[group.attrs["weight_names"][0]]
    stored = ModelFile((tmp_path / "model.h5").read_bytes())
    with pytest.raises(CNNLabError, match=r"^This is not a \.keras file, or it is damaged \("):
        stored.weights(stored.network())
    with pytest.raises(CNNLabError, match=r"^This is not a \.keras file, or it is damaged \("):
        ModelFile((tmp_path / "model.h5").read_bytes()[:500])


@pytest.mark.parametrize("damage", ["cut", "weights", "shapes"])
def test_damaged_files(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    sequence(layers.Conv2D(3, 3), *head()).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if damage == "weights":
        members["model.weights.h5"] = b"\x89HDF\r\n\x1a\n" + b"x" * 99
    if damage == "shapes":
        members["config.json"] = members["config.json"].replace(b'"filters": 3', b'"filters": 4')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CNNLabError, match=r"^This is not a \.keras file, or it is damaged \("):
        examine(str(path), "theirs", MAX_PARAMETERS)


def test_a_model_that_predicts_something_else_is_refused() -> None:
    one, other = (randomized(sequence(layers.Activation(function), *head())) for function in ("relu", "tanh"))
    with pytest.raises(CNNLabError, match=r"^With these weights, the predictions of the Lab's network and of the"):
        import_model._compare(one, other)
