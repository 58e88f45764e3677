"""Export networks in the inference worker to files that other programs read. Needs TensorFlow.

As in `inference`, arguments are plain values, specs are JSON, and a moment is a pair of epoch and step. Files are
written to a temporary folder and returned as bytes; a format that is a folder is returned as a zip.
"""

from __future__ import annotations

import io
import json
import math
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import tensorflow as tf

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.build import assign_weights, build
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.training.compile_model import compile_model
from cnnlab.training.events import Batch, Epoch, from_json
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec


def model_file(
    format_name: str, network: str, folder: str, moment: tuple[int, int], training: str, steps: int
) -> bytes:
    """Export the network with its weights of that moment to the format `format_name`, a key of `WRITERS`.

    Args:
        training, steps: the settings and the number of batches per epoch, to compile the model for formats that keep
            this. The optimizer's state is not exported.

    Raises:
        CNNLabError: the weights of that moment are gone, the format does not support this network, or it needs a
            package that is not installed.
    """
    model = with_weights(NetworkSpec.from_json(network), snapshots.read(Path(folder), Moment(*moment)))
    compile_model(model, TrainingSpec.model_validate_json(training), steps)
    with tempfile.TemporaryDirectory() as temporary:
        try:
            written = WRITERS[format_name](model, Path(temporary))
        except CNNLabError:
            raise
        # Converters raise arbitrary exceptions, and Keras lets them through.
        except Exception as error:
            raise _unsupported(format_name, f"{type(error).__name__}: {str(error)[:300]}") from error
        return _zip(written) if written.is_dir() else written.read_bytes()


def with_weights(network: NetworkSpec, weights: Weights) -> keras.Sequential:
    """Return the Keras model of a network with the given weights, not compiled."""
    model = build(network)
    assign_weights(model.layers, weights)
    return model


def _keras(model: keras.Sequential, folder: Path) -> Path:
    model.save(folder / "model.keras")
    return folder / "model.keras"


def _weights(model: keras.Sequential, folder: Path) -> Path:
    model.save_weights(folder / "model.weights.h5")
    return folder / "model.weights.h5"


def _saved_model(model: keras.Sequential, folder: Path) -> Path:
    model.export(str(folder / "saved_model"), format="tf_saved_model", verbose=False)
    return folder / "saved_model"


def _litert(model: keras.Sequential, folder: Path) -> Path:
    _replace_gelu(model)
    # Allow LiteRT's built-in operations only; by default Keras also allows operations that need TensorFlow at run time.
    plain = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    model.export(str(folder / "model.tflite"), format="litert", verbose=False, target_spec=plain)
    return folder / "model.tflite"


def _onnx(model: keras.Sequential, folder: Path) -> Path:
    try:
        import onnx
        import tf2onnx  # noqa: F401 - Keras needs it; its own error is less helpful
    except ImportError as error:
        raise CNNLabError(
            N_("ONNX export needs the packages onnx and tf2onnx, which are not installed."),
            N_("Install them in the app's environment, then restart the app: pip install -r requirements-onnx.txt"),
        ) from error
    _replace_gelu(model)
    # Keras exports to ONNX only after the model has been called once.
    model(tf.zeros((1, *model.input_shape[1:])), training=False)
    path = folder / "model.onnx"
    model.export(str(path), format="onnx", verbose=False)
    # tf2onnx only warns about operations it does not know, and leaves them in; such a file is unusable.
    onnx.checker.check_model(onnx.load(path))
    return path


def _replace_gelu(model: keras.Sequential) -> None:
    for layer in model.layers:
        if getattr(layer, "activation", None) is keras.activations.gelu:
            layer.activation = _gelu


def _gelu(x: Any) -> Any:
    """Compute gelu with erf; Keras uses erfc, which LiteRT and ONNX do not support."""
    # LiteRT's converter recognizes exactly this form.
    return 0.5 * x * (1.0 + tf.math.erf(x * math.sqrt(0.5)))


WRITERS: Mapping[str, Callable[[keras.Sequential, Path], Path]] = MappingProxyType(
    {"keras": _keras, "weights": _weights, "saved_model": _saved_model, "litert": _litert, "onnx": _onnx}
)
"""Format -> function that writes a model into a folder and returns the path of the file or folder written."""


def tensorboard(events: Sequence[str], texts: Mapping[str, str]) -> bytes:
    """Return a run's metrics as TensorBoard logs: a zip of a folder for `--logdir`.

    Tags are those of Keras's TensorBoard callback, in the folders `train` and `validation`. The step of an epoch is its
    number, that of a batch the number of batches so far. Written as raw records to keep the original times, since
    `tf.summary` always uses the current time.

    Args:
        events: the run's events as JSON.
        texts: JSON texts for the “Text” tab, by name.
    """
    known = [from_json(event) for event in events]
    epochs = [event for event in known if isinstance(event, Epoch)]
    batches = [event for event in known if isinstance(event, Batch)]
    train = [(one.at, (one.epoch - 1) * one.steps + one.step, _batch_scalars(one)) for one in batches]
    train += [(one.at, one.epoch, _scalars(one, "") | {"epoch_learning_rate": one.learning_rate}) for one in epochs]
    validation = [(one.at, one.epoch, _scalars(one, "val_")) for one in epochs]
    start = min((event.at for event in known), default=0.0)
    with tempfile.TemporaryDirectory() as temporary:
        logs = Path(temporary) / "logs"
        for part, records in (("train", train), ("validation", validation)):
            (logs / part).mkdir(parents=True)
            path = logs / part / f"events.out.tfevents.{int(start)}.cnnlab"
            with tf.io.TFRecordWriter(str(path)) as writer:
                writer.write(tf.compat.v1.Event(wall_time=start, file_version="brain.Event:2").SerializeToString())
                for at, step, scalars in sorted(records, key=lambda record: record[0]):
                    writer.write(_record(at, step, [_scalar(*scalar) for scalar in scalars.items()]))
                if part == "train":
                    writer.write(_record(start, 0, [_text(*text) for text in texts.items()]))
        return _zip(logs)


def _scalars(epoch: Epoch, prefix: str) -> dict[str, float]:
    return {f"epoch_{name}": getattr(epoch, prefix + name) for name in ("loss", "accuracy")}


def _batch_scalars(batch: Batch) -> dict[str, float]:
    return {"batch_loss": batch.loss, "batch_accuracy": batch.accuracy}


def _scalar(tag: str, value: float) -> Any:
    return tf.compat.v1.Summary.Value(tag=tag, simple_value=value)


def _text(tag: str, text: str) -> Any:
    plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="text")
    return tf.compat.v1.Summary.Value(
        tag=tag,
        metadata=tf.compat.v1.SummaryMetadata(plugin_data=plugin),
        tensor=tf.make_tensor_proto([f"```json\n{json.dumps(json.loads(text), indent=2)}\n```"], dtype=tf.string),
    )


def _record(at: float, step: int, values: list[Any]) -> bytes:
    summary = tf.compat.v1.Summary(value=values)
    written: bytes = tf.compat.v1.Event(wall_time=at, step=step, summary=summary).SerializeToString()
    return written


def _unsupported(format_name: str, reason: str) -> CNNLabError:
    return CNNLabError(
        N_("This network cannot be exported as {format} ({reason})."),
        N_("Choose another format."),
        format=format_name,
        reason=reason,
    )


def _zip(folder: Path) -> bytes:
    """Return a folder as a zip whose paths start with the folder's name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return content.getvalue()
