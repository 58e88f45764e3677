"""The files of a run that go along when it is taken to another Lab, and what each of them has to hold.

Arrays are read without NumPy's reader, which believes what a header announces, and written anew. A model is looked at
through its description (`keras_file`): it has to be the run's own network, of Keras's own classes.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import TypeAdapter

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network import keras_file
from cnnlab.network.arithmetic import Shape
from cnnlab.network.foreign import alike
from cnnlab.network.shapes import Row, check
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import answered, beginning, drawn
from cnnlab.training.events import Epoch
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec

FINAL, CHECKPOINT, ANSWERED = "model.keras", beginning.CHECKPOINT, "answered.npz"
RECORDED = "recorded"
"""An empty file: the run is trained by a script of somebody's own, so that the Lab cannot go on with it."""
_BEGIN = f"{beginning.FOLDER}/{Moment(0).file}"
_MOMENT = re.compile(r"snapshots/(\d{4})-(\d{6})\.npz", re.ASCII)
_MODEL = re.compile(r"model\.keras|checkpoint-\d{4}\.keras", re.ASCII)
_BEST = re.compile(r"best-\d{4}\.weights\.h5", re.ASCII)
_NAMED = frozenset({CHECKPOINT, ANSWERED, RECORDED, drawn.FILE, beginning.EXTRA, _BEGIN})

MOST_MODEL = 300_000_000
"""Bytes of a model's file: three numbers a weight, with the optimizer's two."""
_HEADER = 10_000
"""Bytes before the numbers of an array; NumPy writes 128."""
_EPOCHS = TypeAdapter(tuple[Epoch, ...])


@dataclass(frozen=True)
class Limits:
    """What the files have to fit.

    Raises:
        NetworkError: the network cannot be trained on that dataset, or is too large.
    """

    network: NetworkSpec
    training: TrainingSpec
    max_parameters: int

    def __post_init__(self) -> None:
        check(self.network, DATASETS[self.training.dataset].input_shape, self.classes, self.max_parameters)

    @property
    def classes(self) -> int:
        return len(DATASETS[self.training.dataset].class_names)

    @property
    def shapes(self) -> dict[str, list[Shape]]:
        """Layer name -> the shapes of its weights, in Keras's order."""
        info = DATASETS[self.training.dataset]
        rows = check(self.network, info.input_shape, self.classes, self.max_parameters).rows
        return {row.name: weight_shapes(row) for row in rows if row.parameters}


class Answered(NamedTuple):
    """The images that a run's answers are for, and their labels."""

    images: np.ndarray
    labels: np.ndarray


File = bytes | Answered | Weights
Files = dict[str, File]
"""Name below the run's folder -> what it holds, checked."""


def weight_shapes(row: Row) -> list[Shape]:
    """The shapes of a layer's weights, in Keras's order."""
    terms = (*row.trainable.terms, *row.non_trainable.terms)
    if row.layer.kind.endswith("Normalization"):
        return [(size,) for count, size in terms for _ in range(count)]
    if row.layer.kind == "SeparableConv2D":
        depthwise, pointwise, *bias = terms
        return [depthwise, (1, 1, *pointwise), *bias]
    return list(terms)


def belongs(name: str) -> bool:
    """Whether a file of a run's folder goes along."""
    return name in _NAMED or any(form.fullmatch(name) for form in (_MOMENT, _MODEL, _BEST))


def read(name: str, content: bytes, limits: Limits) -> File:
    """What a file for which `belongs` holds contains.

    Raises:
        CNNLabError, ValueError, OSError, ...: it is not what it should be.
    """
    if _MOMENT.fullmatch(name) or name == _BEGIN:
        return _weights(name, content, limits)
    if name == ANSWERED:
        return _answered(content, limits)
    if name == drawn.FILE:
        drawn.unpack(content)
    elif name == beginning.EXTRA:
        _check_extra(content, limits)
    elif name == CHECKPOINT:
        _EPOCHS.validate_json(content)
    elif name == RECORDED and content:
        raise ValueError(name)
    elif _MODEL.fullmatch(name) and not alike(
        keras_file.read_file(content, most=MOST_MODEL, compiled=True), limits.network
    ):
        raise _other_network(name)
    return content


def _other_network(name: str) -> CNNLabError:
    return CNNLabError(
        N_("The model in {name} is not the run's network."),
        N_("Choose a run that was downloaded from a CNN Lab, as it came."),
        name=name,
    )


def check_together(files: Mapping[str, File], state: str) -> None:
    """See that a checkpoint is whole, and that a run that has finished has its weights.

    Raises:
        CNNLabError: something is missing.
    """
    missing = ""
    index = files.get(CHECKPOINT)
    if isinstance(index, bytes):
        model = f"checkpoint-{len(_EPOCHS.validate_json(index)):04d}.keras"
        missing = "" if model in files or not len(_EPOCHS.validate_json(index)) else model
    if state == "finished" and not any(map(_MOMENT.fullmatch, files)) and FINAL not in files:
        missing = FINAL
    if missing:
        raise CNNLabError(
            N_("The run is not whole: {name} is missing."),
            N_("Choose a run that was downloaded from a CNN Lab, as it came."),
            name=missing,
        )


def write(folder: Path, name: str, file: File) -> None:
    """Write what was read to a run's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(file, bytes):
        path.write_bytes(file)
    elif isinstance(file, Answered):
        np.savez(path, images=file.images, labels=file.labels)
    else:
        arrays = {f"{layer}.{k}": array for layer, found in file.items() for k, array in enumerate(found)}
        np.savez(path, **arrays)  # type: ignore[arg-type]


def _weights(name: str, content: bytes, limits: Limits) -> Weights:
    expected = limits.shapes
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.namelist()) != sum(map(len, expected.values())):
                raise ValueError(name)
            return {
                layer: tuple(_array(archive, f"{layer}.{k}", "f", shape).astype(np.float32) for k, shape in numbered)
                for layer, numbered in ((layer, enumerate(shapes)) for layer, shapes in expected.items())
            }
    except (*keras_file.DAMAGED, SyntaxError, TypeError):
        raise CNNLabError(
            N_("The weights in {name} are damaged, or not those of this network."),
            N_("Choose a run that was downloaded from a CNN Lab, as it came."),
            name=name,
        ) from None


def _answered(content: bytes, limits: Limits) -> Answered:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        images = _array(archive, "images", "u", (None, *limits.network.input_shape))
        labels = _array(archive, "labels", "iu", (len(images),))
    known = not labels.size or 0 <= labels.min() <= labels.max() < limits.classes
    if len(images) > answered.COUNT or images.dtype != np.uint8 or not known:
        raise ValueError(ANSWERED)
    return Answered(images, labels.astype(np.int64))


def _check_extra(content: bytes, limits: Limits) -> None:
    if len(content) > 2 * beginning.MOST_BYTES:
        raise ValueError(beginning.EXTRA)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        images = _array(archive, "x", "u", (None, *limits.network.input_shape))
        labels, weight = _array(archive, "y", "iu", (len(images),)), _array(archive, "weight", "iu", ())
    extra = beginning.Extra(images, labels, int(weight))
    beginning.check_extra(extra, limits.network.input_shape, limits.classes)


def _array(archive: zipfile.ZipFile, name: str, kinds: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """One array of that shape (None: any length); what it takes in memory is bounded before anything is unpacked."""
    entry = archive.getinfo(f"{name}.npy")
    most = 8 * math.prod(length or beginning.MOST_SHOWN for length in shape) + _HEADER
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.file_size > most:
        raise ValueError(name)
    file = io.BytesIO(archive.read(entry))
    reader = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(file)]
    found, by_columns, dtype = reader(file)
    values = np.frombuffer(file.read(), dtype)
    fits = len(found) == len(shape) and all(a in (None, b) for a, b in zip(shape, found, strict=True))
    if dtype.kind not in kinds or not fits or len(values) != math.prod(found):
        raise ValueError(name)
    return values.reshape(found, order="F" if by_columns else "C")
