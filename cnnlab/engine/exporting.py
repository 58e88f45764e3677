"""The inference worker's functions for taking a network away: the files that other programs read. Needs TensorFlow.

As in `tasks`, arguments are plain values, specs are JSON, and a moment is a pair of epoch and step. Every file is made
in a temporary folder and comes back as bytes; a format that is a folder comes back as a zip.
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
from cnnlab.marks import N_
from cnnlab.network.build import build, compile_model, give_weights
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.training.events import Batch, Epoch, from_json
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec


def model(form: str, network: str, folder: str, moment: tuple[int, int], training: str, steps: int) -> bytes:
    """The network with its weights of that moment as a file of the format `form`, one of `FORMS`.

    Args:
        training, steps: the settings, and how many batches made an epoch: what the model is compiled with, where the
            format keeps that. The optimizer begins anew.

    Raises:
        CNNLabError: the weights of that moment are gone, the format cannot hold this network, or needs a package that
            is not installed.
    """
    made = with_weights(NetworkSpec.from_json(network), snapshots.read(Path(folder), Moment(*moment)))
    compile_model(made, TrainingSpec.model_validate_json(training), steps)
    with tempfile.TemporaryDirectory() as place:
        try:
            written = FORMS[form](made, Path(place))
        except CNNLabError:
            raise
        # The converters raise whatever they like, and Keras what they raise.
        except Exception as error:
            raise _not_in_this(form, f"{type(error).__name__}: {str(error)[:300]}") from error
        return _zipped(written) if written.is_dir() else written.read_bytes()


def with_weights(network: NetworkSpec, weights: Weights) -> keras.Sequential:
    """The Keras model of a network with these weights, not compiled."""
    made = build(network)
    give_weights(made.layers, weights)
    return made


def _keras(made: keras.Sequential, place: Path) -> Path:
    made.save(place / "model.keras")
    return place / "model.keras"


def _weights(made: keras.Sequential, place: Path) -> Path:
    made.save_weights(place / "model.weights.h5")
    return place / "model.weights.h5"


def _saved_model(made: keras.Sequential, place: Path) -> Path:
    made.export(str(place / "saved_model"), format="tf_saved_model", verbose=False)
    return place / "saved_model"


def _litert(made: keras.Sequential, place: Path) -> Path:
    _spell_out_gelu(made)
    # Only what every LiteRT can do; Keras would let the rest of TensorFlow be asked for at run time.
    plain = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    made.export(str(place / "model.tflite"), format="litert", verbose=False, target_spec=plain)
    return place / "model.tflite"


def _onnx(made: keras.Sequential, place: Path) -> Path:
    try:
        import onnx
        import tf2onnx  # noqa: F401 - Keras needs it, and says less when it is not there
    except ImportError as error:
        raise CNNLabError(
            N_("Writing ONNX needs packages that are not installed: onnx and tf2onnx."),
            N_("Install them where the app runs, then start it again: pip install -r requirements-onnx.txt"),
        ) from error
    _spell_out_gelu(made)
    # Keras exports a model as ONNX only after it has been used.
    made(tf.zeros((1, *made.input_shape[1:])), training=False)
    path = place / "model.onnx"
    made.export(str(path), format="onnx", verbose=False)
    # tf2onnx leaves what it does not know as it is, and only mentions it: such a file is of no use to anybody.
    onnx.checker.check_model(onnx.load(path))
    return path


def _spell_out_gelu(made: keras.Sequential) -> None:
    for layer in made.layers:
        if getattr(layer, "activation", None) is keras.activations.gelu:
            layer.activation = _gelu


def _gelu(x: Any) -> Any:
    """Keras's gelu with the error function; its own uses the complementary one, which LiteRT and ONNX do not have."""
    # In just this form LiteRT's converter knows it.
    return 0.5 * x * (1.0 + tf.math.erf(x * math.sqrt(0.5)))


FORMS: Mapping[str, Callable[[keras.Sequential, Path], Path]] = MappingProxyType(
    {"keras": _keras, "weights": _weights, "saved_model": _saved_model, "litert": _litert, "onnx": _onnx}
)
"""Format -> what writes a model to a file or folder in a folder."""


def tensorboard(events: Sequence[str], texts: Mapping[str, str]) -> bytes:
    """A run's figures as TensorBoard reads them: a zip of a folder for `--logdir`.

    Args:
        events: the run's, as JSON.
        texts: what stands under the “Text” tab, by name.

    Tags are those of Keras's own callback, in the folders `train` and `validation`; an epoch's step is its number, a
    batch's how many were trained before, with it. They carry the time at which they were reported: that is why they are
    written as records, since `tf.summary` would write down the present.
    """
    known = [from_json(event) for event in events]
    epochs = [event for event in known if isinstance(event, Epoch)]
    batches = [event for event in known if isinstance(event, Batch)]
    train = [(one.at, (one.epoch - 1) * one.steps + one.step, _batch_scalars(one)) for one in batches]
    train += [(one.at, one.epoch, _scalars(one, "") | {"epoch_learning_rate": one.learning_rate}) for one in epochs]
    validation = [(one.at, one.epoch, _scalars(one, "val_")) for one in epochs]
    began = min((event.at for event in known), default=0.0)
    with tempfile.TemporaryDirectory() as place:
        logs = Path(place) / "logs"
        for part, records in (("train", train), ("validation", validation)):
            (logs / part).mkdir(parents=True)
            path = logs / part / f"events.out.tfevents.{int(began)}.cnnlab"
            with tf.io.TFRecordWriter(str(path)) as writer:
                writer.write(tf.compat.v1.Event(wall_time=began, file_version="brain.Event:2").SerializeToString())
                for at, step, scalars in sorted(records, key=lambda record: record[0]):
                    writer.write(_record(at, step, [_scalar(*scalar) for scalar in scalars.items()]))
                if part == "train":
                    writer.write(_record(began, 0, [_text(*text) for text in texts.items()]))
        return _zipped(logs)


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


def _not_in_this(form: str, reason: str) -> CNNLabError:
    return CNNLabError(
        N_("This network cannot be written in the format {form} ({reason})."),
        N_("Choose another format."),
        form=form,
        reason=reason,
    )


def _zipped(folder: Path) -> bytes:
    """A folder as a zip, its own name at the beginning of every path."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return content.getvalue()
