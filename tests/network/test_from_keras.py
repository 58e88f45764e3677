"""Models that were made elsewhere, against Keras itself: what is taken is the same network, the rest says why not."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import pytest
from hypothesis import given, settings

from cnnlab.errors import CNNLabError, NetworkError
from cnnlab.network import keras_archive
from cnnlab.network.build import build
from cnnlab.network.from_keras import from_keras, matching_datasets, same_architecture
from cnnlab.network.keras_chain import excerpt
from cnnlab.network.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    MaxPooling2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.recipes import RECIPES
from tests.network.networks import networks

layers = keras.layers
INPUT = keras.Input((8, 8, 1))


def head() -> tuple[keras.layers.Layer, keras.layers.Layer]:
    return layers.Flatten(), layers.Dense(10, "softmax")


def described(*stack: keras.layers.Layer, size: tuple[int | None, ...] = (8, 8, 1)) -> dict[str, Any]:
    found: dict[str, Any] = keras.saving.serialize_keras_object(keras.Sequential([keras.Input(size), *stack]))
    return found


def reason(description: object) -> str:
    with pytest.raises(NetworkError) as refused:
        from_keras(description)
    return str(refused.value)


def can_come_back(network: NetworkSpec) -> bool:
    return summarize(network).error is None


@given(networks.filter(can_come_back))
@settings(max_examples=40)
def test_every_network_of_the_lab_comes_back(network: NetworkSpec) -> None:
    description = keras.saving.serialize_keras_object(build(network))
    again = from_keras(json.loads(json.dumps(description)), network.name).network
    assert same_architecture(again, network) and again.name == network.name


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_comes_back(name: str) -> None:
    network = RECIPES[name].network
    assert same_architecture(from_keras(keras.saving.serialize_keras_object(build(network))).network, network)


def test_a_model_as_people_write_it() -> None:
    found = from_keras(
        described(
            layers.ZeroPadding2D(((1, 1), (2, 2)), name="frame"),
            layers.Conv2D(
                4, (3, 5), activation=keras.ops.relu, kernel_regularizer="l2", kernel_initializer="he_normal"
            ),
            layers.BatchNormalization(momentum=0.9, axis=3, trainable=False),
            layers.MaxPooling2D(2, 2),
            layers.Activation("swish"),
            *head(),
        ),
        "x" * 100,
    )
    assert found.notes == ()
    assert found.network == NetworkSpec(
        name="x" * 80,
        input_shape=(8, 8, 1),
        layers=(
            ZeroPadding2D(padding=(1, 2)),
            Conv2D(filters=4, kernel_size=(3, 5), activation="relu"),
            BatchNormalization(momentum=0.9),
            MaxPooling2D(),
            Activation(activation="silu"),
            Flatten(),
            Dense(units=10, activation="softmax"),
        ),
    )


def test_layers_of_a_kind() -> None:
    one = NetworkSpec(layers=(MaxPooling2D(strides=(2, 2)), Conv2D(filters=3, kernels=(((1.0,),),))))
    same = NetworkSpec(name="other", layers=(MaxPooling2D(), Conv2D(filters=3, trainable=False)))
    assert same_architecture(one, same)
    assert not same_architecture(one, NetworkSpec(layers=(MaxPooling2D(), Conv2D(filters=4))))
    assert not same_architecture(one, same.replace(input_shape=(28, 28, 3)))
    assert not same_architecture(one, NetworkSpec(layers=(MaxPooling2D(strides=(1, 1)), Conv2D(filters=3))))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            layers.UpSampling2D(),
            "Layer 1 (UpSampling2D): The Lab does not support the layer “UpSampling2D”. Supported layers: Conv2D, ",
        ),
        (layers.RandomCrop(6, 6), "Layer 1 (RandomCrop): The Lab does not support the layer “RandomCrop”."),
        (layers.Rescaling([1.0, 2.0]), "Layer 1 (Rescaling): “scale” should be a number"),
        (layers.Normalization(axis=1, mean=[0.0] * 8, variance=[1.0] * 8), "does not support axis=[1] in this layer."),
        (layers.Normalization(mean=0.5, variance=1.0, invert=True), "does not support invert=true in this layer."),
        (layers.ReLU(6.0), "Layer 1 (ReLU): The Lab does not support max_value=6.0 in this layer."),
        (layers.Softmax(axis=1), "Layer 1 (Softmax): The Lab does not support axis=1 in this layer."),
        (layers.Reshape((4, 16, 1)), "Layer 1 (Reshape): The Lab does not support target_shape=[4, 16, 1] in this"),
        (layers.Conv2D(4, 1, data_format="channels_first"), "Its images are channels, height, width; the Lab's"),
        (layers.Conv2D(4, 3, activation="mish"), "“activation” should be one of linear, relu, "),
        (layers.Conv2D(4, 3, activation=lambda x: x), "“activation” should be one of linear, relu, "),
        (
            layers.BatchNormalization(axis=1),
            "Layer 1 (BatchNormalization): The Lab does not support axis=1 in this layer.",
        ),
        (layers.LayerNormalization(axis=(1, 2, 3)), "The Lab does not support axis=[1, 2, 3] in this layer."),
        (layers.LayerNormalization(rms_scaling=True), "The Lab does not support rms_scaling=true in"),
        (layers.Dropout(0.5, noise_shape=(1, 1)), "The Lab does not support noise_shape="),
        (layers.GlobalMaxPooling2D(keepdims=True), "The Lab does not support keepdims=true in"),
        (layers.ZeroPadding2D(((1, 0), (0, 0))), "expected the same padding above and below, and left and right."),
        (layers.Conv2D(5000, 3), "Layer 1 (Conv2D): “filters” should be at most 2048; received 5000."),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_layer_that_the_lab_does_not_have(layer: keras.layers.Layer, expected: str) -> None:
    assert expected in reason(described(layer))


def test_models_with_branches() -> None:
    one, two = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    inside = layers.Conv2D(1, 1, name="twice")
    models = {
        "The model has 2 inputs; the Lab supports": keras.Model([one, two], layers.Add()([one, two])),
        "The model has 2 outputs; the Lab supports": keras.Model(one, [layers.Flatten()(one), inside(one)]),
        "The layer “add” has 2 inputs; the Lab": keras.Model(one, layers.Add(name="add")([one, inside(one)])),
        "The layer “twice” has 2 inputs; the Lab": keras.Model(one, inside(inside(one))),
    }
    for expected, model in models.items():
        assert reason(keras.saving.serialize_keras_object(model)).startswith(expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((None, 8, 1), "The model's input is [null, 8, 1]; expected images of a fixed size"),
        ((7,), "The model's input is [7]; expected images of a fixed size"),
        ((8, 8), "It works on a 8×8 matrix; the Lab's layers work on images and vectors."),
        ((3, 32, 32), "The model's images are [3, 32, 32]: channels, height, width; the Lab has height, width,"),
    ],
)
def test_inputs_that_are_no_pictures(size: tuple[int | None, ...], expected: str) -> None:
    assert expected in reason(described(layers.Dense(10), size=size))


def test_an_input_of_a_size_that_the_lab_does_not_take() -> None:
    assert "input_shape" in reason(described(layers.Activation("relu"), size=(8, 8, 7)))


def test_a_model_that_was_never_built() -> None:
    unbuilt = keras.saving.serialize_keras_object(keras.Sequential([layers.Flatten()]))
    assert reason(unbuilt).startswith("The model's input is null; expected images of a fixed size")


@pytest.mark.parametrize(
    "description",
    [None, [], "x", {}, {"config": 1}, {"class_name": "Sequential", "config": {"layers": 5}},
     {"class_name": "Sequential", "config": {"layers": [1]}}],
)  # fmt: skip
def test_what_describes_no_model(description: object) -> None:
    assert reason(description).startswith("This does not describe a Keras model; received ")


@pytest.mark.parametrize(
    "entry",
    [{}, {"class_name": []}, {"class_name": "Dense"}, {"class_name": "Conv2D", "config": {"axis": {}}}],
    ids=str,
)
def test_entries_that_are_no_layers(entry: dict[str, Any]) -> None:
    description = described(*head())
    description["config"]["layers"].insert(1, entry)
    try:
        from_keras(description)
    except NetworkError as error:
        assert error.layer == 0
    else:
        pytest.fail("taken")


def test_which_datasets_suit() -> None:
    digits = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=10, activation="softmax")))
    assert matching_datasets(digits) == ["digits-8x8"]
    assert matching_datasets(digits.replace(input_shape=(28, 28, 1))) == ["mnist-5k", "mnist", "fashion-mnist"]
    assert matching_datasets(digits.replace(input_shape=(32, 32, 3))) == ["cifar-10"]
    refusals = {
        "The model maps 8×8×1 images to 3 outputs; no dataset": digits.replace(layers=(Flatten(), Dense(units=3))),
        "The model maps 9×9×1 images to 10 outputs; no dataset": digits.replace(input_shape=(9, 9, 1)),
        "The model maps 8×8×1 images to 0 outputs; no dataset": digits.replace(layers=()),
        "Layer 1 (Dense): It needs a vector": digits.replace(layers=(Dense(),)),
    }
    for expected, network in refusals.items():
        with pytest.raises(NetworkError) as refused:
            matching_datasets(network)
        assert str(refused.value).startswith(expected)


# Files


def file(model: keras.Model, place: Path) -> bytes:
    model.save(place / "model.keras")
    return (place / "model.keras").read_bytes()


def rewritten(content: bytes, **members: bytes | None) -> bytes:
    """With other members; None takes one out. (`config` stands for config.json.)"""
    names = {"config": "config.json", "weights": "model.weights.h5", "metadata": "metadata.json"}
    changes = {names.get(name, name): member for name, member in members.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()} | changes
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in found.items():
            if member is not None:
                archive.writestr(name, member)
    return packed.getvalue()


@keras.saving.register_keras_serializable("elsewhere")
class Doubled(keras.layers.Layer):  # type: ignore[misc]
    """A layer of somebody's own."""

    def call(self, x: Any) -> Any:
        return 2 * x


@keras.saving.register_keras_serializable("elsewhere")
class Disguised(keras.Sequential):  # type: ignore[misc]
    """A model of somebody's own that is much like one of Keras's."""


def test_a_file_is_read_without_keras(tmp_path: Path) -> None:
    model = keras.Sequential([INPUT, *head()])
    model.compile("nadam", loss="mse")
    network = keras_archive.read_file(file(model, tmp_path), "theirs")
    assert network == NetworkSpec(
        name="theirs", input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=10, activation="softmax"))
    )


def test_files_of_models_that_are_no_sequence(tmp_path: Path) -> None:
    one, two = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    flat = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(),))
    for model in (
        keras.Model(one, layers.Flatten()(one)),
        keras.Sequential([one, keras.Model(two, layers.Flatten()(two))]),
    ):
        assert keras_archive.read_file(file(model, tmp_path)) == flat


def test_code_of_ones_own_is_not_run(tmp_path: Path) -> None:
    @keras.saving.register_keras_serializable("elsewhere")
    def mine(x: Any) -> Any:
        return x

    own = "“{}” is custom code, which the Lab does not run. Replace it with Keras layers"
    models = {
        f"Layer 1 (Doubled): {own.format('elsewhere>Doubled')}": keras.Sequential([INPUT, Doubled(), *head()]),
        f"Layer 1 (Lambda): {own.format('Lambda')}": keras.Sequential([INPUT, layers.Lambda(abs), *head()]),
        "Layer 1 (Activation): “activation” should be one": keras.Sequential([INPUT, layers.Activation(mine), *head()]),
        "The model is of class “Disguised”; expected Sequential or Functional": Disguised([INPUT, *head()]),
        own.format("function"): keras.Sequential([INPUT, layers.Conv2D(3, 3, kernel_regularizer=mine), *head()]),
    }
    for expected, model in models.items():
        with pytest.raises(NetworkError) as refused:
            keras_archive.read_file(file(model, tmp_path))
        assert str(refused.value).startswith(expected)


def test_a_loss_of_ones_own_does_not_matter_unless_it_is_read(tmp_path: Path) -> None:
    def mine(true: Any, said: Any) -> Any:
        return said - true

    model = keras.Sequential([INPUT, *head()])
    model.compile("adam", loss=mine)
    content = file(model, tmp_path)
    assert len(keras_archive.read_file(content).layers) == 2
    with pytest.raises(NetworkError, match=r"is custom code, which the Lab does not run\."):
        keras_archive.read_file(content, compiled=True)


def test_files_that_are_none(tmp_path: Path) -> None:
    content = file(keras.Sequential([INPUT, *head()]), tmp_path)
    broken = [
        b"",
        b"nothing",
        content[:-40],
        rewritten(content, config=None),
        rewritten(content, weights=None),
        rewritten(content, **{"../evil": b""}),
        rewritten(content, config=b"{"),
        rewritten(content, config=b"[" * 200_000),
        rewritten(content, config=b"\xff\xfe\xfd"),
        rewritten(content, config=b" " * 5_000_001),
        rewritten(content, weights=bytes(100_000_001)),
    ]
    for one in broken:
        with pytest.raises(
            CNNLabError, match=r"^This is not a \.keras file, or it is damaged \(.*\)\. Choose a file saved by Keras"
        ):
            keras_archive.read_file(one)
    for text in (b"[]", b"5", b"null"):
        with pytest.raises(NetworkError, match=r"^This does not describe a Keras model; received "):
            keras_archive.read_file(rewritten(content, config=text))
    with pytest.raises(CNNLabError, match=r"^The file is 1 MB; the limit is 1 MB\."):
        keras_archive.read_file(bytes(1_000_001), most=1_000_000)


def test_hostile_descriptions(tmp_path: Path) -> None:
    content = file(keras.Sequential([INPUT, *head()]), tmp_path)
    description = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("config.json"))
    for change in (
        {"module": []},
        {"module": "os", "class_name": "system"},
        {"registered_name": {}},
        {"registered_name": "elsewhere>Sequential"},
        {"class_name": {}},
        {"registered_name": "elsewhere>Sequential"},
    ):
        changed = json.dumps({**description, **change}).encode()
        with pytest.raises(NetworkError):
            keras_archive.read_file(rewritten(content, config=changed))


def test_a_strangers_text_is_cut_and_printable() -> None:
    assert excerpt("a" * 50) == "a" * 39 + "…"
    assert excerpt("a\nb\x1b[31m\ud800") == "a?b?[31m?"
    assert excerpt([1, None]) == "[1, null]"
