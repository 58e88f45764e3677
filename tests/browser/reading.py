"""`python -m tests.browser.reading FOLDER`: read a trained network's files as the programs do that they are for.

A process of its own, since it imports TensorFlow. In FOLDER are the files as they were saved, each in a folder named
after its format, the model that the run itself kept (`kept.keras`), and `images.npy`. Writes `answers.npz`, the class
probabilities by format, and `read.json`, what TensorBoard's logs say.
"""

from __future__ import annotations

import json
import sys
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import tensorflow as tf


def main(folder: Path) -> None:
    images = np.load(folder / "images.npy")
    kept = keras.saving.load_model(folder / "kept.keras", compile=False)
    answers = {"kept": kept.predict(images, verbose=0)}
    answers |= {form: read(_file(folder, form), images) for form, read in READERS.items()}
    # Weights alone need a network: the one that the run kept, with others in it at first.
    kept.set_weights([np.zeros_like(array) for array in kept.get_weights()])
    kept.load_weights(_file(folder, "weights"))
    answers["weights"] = kept.predict(images, verbose=0)
    np.savez(folder / "answers.npz", **answers)
    (folder / "read.json").write_text(json.dumps(_tensorboard(_file(folder, "tensorboard"))))


def _file(folder: Path, form: str) -> Path:
    (path,) = (folder / form).iterdir()
    return path


def _keras(path: Path, images: np.ndarray) -> np.ndarray:
    return np.asarray(keras.saving.load_model(path).predict(images, verbose=0))


def _saved_model(path: Path, images: np.ndarray) -> np.ndarray:
    place = path.parent.parent / "unpacked-model"
    zipfile.ZipFile(path).extractall(place)
    (model,) = place.iterdir()
    # Held on to: its functions alone do not keep its variables.
    loaded = tf.saved_model.load(str(model))
    return np.asarray(loaded.serve(images).numpy())


def _litert(path: Path, images: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        # It moves to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(str(path))
    (given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], images)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(answer["index"]))


def _onnx(path: Path, images: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return np.asarray(session.run(None, {given.name: images})[0])


READERS: Mapping[str, Callable[[Path, np.ndarray], np.ndarray]] = {
    "keras": _keras,
    "saved_model": _saved_model,
    "litert": _litert,
    "onnx": _onnx,
}


def _tensorboard(path: Path) -> dict[str, dict[str, list[float]]]:
    """Part -> tag -> the values, by their steps."""
    place = path.parent.parent / "unpacked-logs"
    zipfile.ZipFile(path).extractall(place)
    found: dict[str, dict[str, list[float]]] = {}
    for logs in place.rglob("*tfevents*"):
        tags: dict[str, list[float]] = found.setdefault(logs.parent.name, {})
        events: list[Any] = list(tf.compat.v1.train.summary_iterator(str(logs)))
        for event in sorted(events, key=lambda event: event.step):
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    tags.setdefault(value.tag, []).append(value.simple_value)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
