"""Networks as files for other programs: each is read back by the program that it is for, and answers as Keras does."""

from __future__ import annotations

import io
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.engine.worker import export
from cnnlab.errors import CNNLabError
from cnnlab.network.build import build
from cnnlab.network.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LayerNormalization,
    MaxPooling2D,
    SeparableConv2D,
    SpatialDropout2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.training.callbacks.reporting import weights_of
from cnnlab.training.events import AnyEvent, Batch, Epoch, Started
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec

LAST = Dense(units=10, activation="softmax")
MOST = NetworkSpec(
    input_shape=(8, 8, 1),
    layers=(
        ZeroPadding2D(padding=(1, 2)),
        Conv2D(filters=4, activation="elu", padding="same", strides=(2, 1)),
        DepthwiseConv2D(padding="same", dilation_rate=(2, 2), activation="selu"),
        SeparableConv2D(filters=3, padding="same", activation="softplus"),
        BatchNormalization(),
        LayerNormalization(),
        SpatialDropout2D(),
        GaussianNoise(),
        MaxPooling2D(),
        AveragePooling2D(pool_size=(1, 2), padding="same"),
        *(Activation(activation=name) for name in ("leaky_relu", "silu", "tanh", "sigmoid", "relu", "gelu", "linear")),
        Flatten(),
        Dropout(),
        Dense(units=6, activation="gelu"),
        LAST,
    ),
)
AVERAGE = NetworkSpec(input_shape=(8, 8, 1), layers=(Conv2D(filters=3), GlobalAveragePooling2D(), LAST))
LARGEST = NetworkSpec(input_shape=(8, 8, 1), layers=(Conv2D(filters=3), GlobalMaxPooling2D(), LAST))
TRAINING = TrainingSpec(dataset="digits-8x8", optimizer="SGD", momentum=0.5, learning_rate=0.02, schedule="cosine")
IMAGES = np.random.default_rng(1).random((5, 8, 8, 1), np.float32)

Answer = Callable[[bytes, NetworkSpec, Path], np.ndarray]


def from_keras(content: bytes, network: NetworkSpec, place: Path) -> np.ndarray:
    (place / "model.keras").write_bytes(content)
    return np.asarray(keras.saving.load_model(place / "model.keras").predict(IMAGES, verbose=0))


def from_weights(content: bytes, network: NetworkSpec, place: Path) -> np.ndarray:
    (place / "model.weights.h5").write_bytes(content)
    model = build(network)
    model.load_weights(place / "model.weights.h5")
    return np.asarray(model.predict(IMAGES, verbose=0))


def from_saved_model(content: bytes, network: NetworkSpec, place: Path) -> np.ndarray:
    zipfile.ZipFile(io.BytesIO(content)).extractall(place)
    loaded = tf.saved_model.load(str(place / "saved_model"))
    return np.asarray(loaded.serve(IMAGES).numpy())


def from_litert(content: bytes, network: NetworkSpec, place: Path) -> np.ndarray:
    with warnings.catch_warnings():
        # It moves to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(model_content=content)
    (given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], IMAGES.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], IMAGES)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(answer["index"]))


def from_onnx(content: bytes, network: NetworkSpec, place: Path) -> np.ndarray:
    pytest.importorskip("tf2onnx", reason="pip install -r requirements-onnx.txt")
    session = pytest.importorskip("onnxruntime").InferenceSession(content, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return np.asarray(session.run(None, {given.name: IMAGES})[0])


READERS: dict[str, Answer] = {
    "keras": from_keras,
    "weights": from_weights,
    "saved_model": from_saved_model,
    "litert": from_litert,
    "onnx": from_onnx,
}


def trained(network: NetworkSpec, folder: Path) -> keras.Sequential:
    """A model whose weights, moving averages too, are kept in `folder` as those of epoch 3."""
    keras.utils.set_random_seed(5)
    model = build(network)
    random = np.random.default_rng(2)
    model.set_weights([array + random.uniform(0.1, 0.5, array.shape) for array in model.get_weights()])
    snapshots.save(folder, Moment(3), weights_of(model))
    return model


def exported(form: str, network: NetworkSpec, folder: Path) -> bytes:
    return export.model_file(form, network.to_json(), str(folder), (3, 0), TRAINING.model_dump_json(), 7)


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning")
@pytest.mark.parametrize("network", [MOST, AVERAGE, LARGEST], ids=["most", "average", "largest"])
@pytest.mark.parametrize("form", export.WRITERS)
def test_every_file_answers_as_keras_does(form: str, network: NetworkSpec, tmp_path: Path) -> None:
    if form == "onnx":
        pytest.importorskip("tf2onnx", reason="pip install -r requirements-onnx.txt")
    folder, place = tmp_path / "run", tmp_path / "elsewhere"
    folder.mkdir()
    place.mkdir()
    model = trained(network, folder)
    answers = READERS[form](exported(form, network, folder), network, place)
    np.testing.assert_allclose(answers, model.predict(IMAGES, verbose=0), atol=1e-4)
    assert answers.shape == (5, 10) and answers.std() > 1e-3
    assert [path.name for path in folder.rglob("*")] == ["snapshots", "0003-000000.npz"]


def test_every_reader_is_for_a_format() -> None:
    assert set(READERS) == set(export.WRITERS)


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning")
def test_the_keras_file_is_compiled_as_the_run_was(tmp_path: Path) -> None:
    trained(AVERAGE, tmp_path)
    (tmp_path / "model.keras").write_bytes(exported("keras", AVERAGE, tmp_path))
    model = keras.saving.load_model(tmp_path / "model.keras")
    rate = model.optimizer.get_config()["learning_rate"]
    assert (type(model.optimizer).__name__, model.optimizer.momentum) == ("SGD", 0.5)
    assert (rate["class_name"], rate["config"]["warmup_steps"], rate["config"]["decay_steps"]) == ("CosineDecay", 7, 63)
    assert set(model.evaluate(IMAGES, np.arange(5), verbose=0, return_dict=True)) == {"accuracy", "loss"}


def test_weights_that_are_gone(tmp_path: Path) -> None:
    with pytest.raises(CNNLabError, match="The weights of this snapshot are missing or damaged"):
        exported("keras", AVERAGE, tmp_path)


@pytest.mark.parametrize("package", ["onnx", "tf2onnx"])
def test_onnx_without_its_packages(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(AVERAGE, tmp_path)
    # Python's own way to say that a package cannot be imported.
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CNNLabError) as refused:
        exported("onnx", AVERAGE, tmp_path)
    assert refused.value.sentences() == (
        "ONNX export needs the packages onnx and tf2onnx, which are not installed.",
        "Install them in the app's environment, then restart the app: pip install -r requirements-onnx.txt",
    )


def test_what_litert_cannot_do_is_refused(tmp_path: Path) -> None:
    # Its converter joins the two activations, and does not recognise gelu any more.
    pair = Activation(activation="gelu"), Activation(activation="relu")
    network = NetworkSpec(input_shape=(8, 8, 1), layers=(Conv2D(filters=2), *pair, Flatten(), LAST))
    trained(network, tmp_path)
    with pytest.raises(CNNLabError, match=r"^This network cannot be exported as litert \(ConverterError: .*Erf"):
        exported("litert", network, tmp_path)


def test_what_onnx_does_not_know_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tf2onnx", reason="pip install -r requirements-onnx.txt")
    trained(MOST, tmp_path)
    monkeypatch.setattr(export, "_gelu", keras.activations.gelu)
    with pytest.raises(CNNLabError, match=r"^This network cannot be exported as onnx \(.*Erfc"):
        exported("onnx", MOST, tmp_path)


# TensorBoard


def epoch(number: int, at: float, **changes: float) -> Epoch:
    figures = {"loss": 0.5, "accuracy": 0.25, "val_loss": 0.75, "val_accuracy": 0.125, "learning_rate": 0.5}
    return Epoch(epoch=number, at=at, seconds=2.0, examples_per_second=9.0, **{**figures, **changes})


def records(content: bytes, part: str, place: Path) -> list[Any]:
    zipfile.ZipFile(io.BytesIO(content)).extractall(place)
    (path,) = (place / "logs" / part).iterdir()
    assert "tfevents" in path.name
    return list(tf.compat.v1.train.summary_iterator(str(path)))


def scalars(events: list[Any]) -> list[tuple[float, int, dict[str, float]]]:
    found = []
    for event in events:
        values = {value.tag: value.simple_value for value in event.summary.value if value.HasField("simple_value")}
        if values:
            found.append((event.wall_time, event.step, values))
    return found


def test_tensorboard_reads_the_figures(tmp_path: Path) -> None:
    events: list[AnyEvent] = [
        Started(at=1000.0, epochs=2, steps=4, train_images=40, validation_images=8, parameters=9),
        Batch(at=1001.0, epoch=1, step=3, steps=4, loss=2.0, accuracy=0.0, examples_per_second=5.0),
        epoch(1, 1002.0),
        Batch(at=1003.0, epoch=2, step=2, steps=4, loss=1.0, accuracy=0.5, examples_per_second=5.0),
        epoch(2, 1004.0, loss=float("nan")),
    ]
    texts = {"network": AVERAGE.to_json(), "training": TRAINING.model_dump_json()}
    content = export.tensorboard([event.model_dump_json() for event in events], texts)
    train, validation = (records(content, part, tmp_path) for part in ("train", "validation"))
    assert train[0].file_version == validation[0].file_version == "brain.Event:2"
    (first, one, second, two), checked = scalars(train), scalars(validation)
    assert first == (1001.0, 3, {"batch_loss": 2.0, "batch_accuracy": 0.0})
    assert one == (1002.0, 1, {"epoch_loss": 0.5, "epoch_accuracy": 0.25, "epoch_learning_rate": 0.5})
    assert second == (1003.0, 6, {"batch_loss": 1.0, "batch_accuracy": 0.5})
    assert np.isnan(two[2]["epoch_loss"]) and two[:2] == (1004.0, 2)
    figures = {"epoch_loss": 0.75, "epoch_accuracy": 0.125}
    assert checked == [(1002.0, 1, figures), (1004.0, 2, figures)]
    written = {value.tag: tf.make_ndarray(value.tensor)[0].decode() for value in train[-1].summary.value}
    assert set(written) == {"network", "training"} and '"GlobalAveragePooling2D"' in written["network"]


def test_a_run_without_figures_has_logs_too(tmp_path: Path) -> None:
    content = export.tensorboard([], {})
    assert scalars(records(content, "train", tmp_path)) == scalars(records(content, "validation", tmp_path)) == []
