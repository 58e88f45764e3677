"""Validate and write the files of an imported run.

Arrays are not read with `np.load`, which trusts the size in the header; they are checked and rewritten. A Keras model
is checked by its JSON description only (`keras_archive`): it has to be the run's network, made of Keras's own classes.
"""

from __future__ import annotations

import functools
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

from cnnlab.datasets import DatasetInfo
from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network import keras_archive
from cnnlab.network.arithmetic import Shape
from cnnlab.network.from_keras import same_architecture
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, check, weight_shapes
from cnnlab.training import drawings_file, initial_state, probe_images
from cnnlab.training.events import AnyEvent, Epoch
from cnnlab.training.snapshots import Moment, Weights

FINAL, CHECKPOINT, PROBE_IMAGES = "model.keras", initial_state.CHECKPOINT, "answered.npz"
RECORDED = "recorded"
"""An empty file that marks a run trained by an external script, which the Lab cannot continue."""
IMPORTED = "imported"
"""An empty file that marks a model from elsewhere: which images it was trained on is not known."""
CONTINUED = "continued"
"""An empty file that marks a fork of a run with one of these three marks, which may be deleted."""
_BEGIN = f"{initial_state.FOLDER}/snapshots/{Moment(0).file}"
_MOMENT = re.compile(r"snapshots/(\d{4})-(\d{6})\.npz", re.ASCII)
_MODEL = re.compile(r"model\.keras|checkpoint-\d{4}\.keras", re.ASCII)
_BEST = re.compile(r"best-\d{4}\.weights\.h5", re.ASCII)
_MARKS = frozenset({RECORDED, IMPORTED, CONTINUED})
_NAMED = _MARKS | {CHECKPOINT, PROBE_IMAGES, drawings_file.FILE, initial_state.EXTRA, _BEGIN}

MAX_MODEL_BYTES = 300_000_000
"""Maximum bytes of a model file: three float32 values per weight, two of them the optimizer's."""
_HEADER = 10_000
"""Maximum bytes of an .npy header; NumPy writes 128."""
MAX_COUNT, MAX_MEMORY = 10**9, 10**15
"""Maximum of any count in an event, and of the bytes that a training process held."""
_EPOCHS = TypeAdapter(tuple[Epoch, ...])


@dataclass(frozen=True)
class Limits:
    """What the files are checked against.

    Raises:
        NetworkError: the network cannot be trained on the dataset, or is too large.
    """

    network: NetworkSpec
    dataset: DatasetInfo
    max_parameters: int

    def __post_init__(self) -> None:
        # Now, so that the error comes before any file is read.
        _ = self._rows

    @property
    def classes(self) -> int:
        return len(self.dataset.class_names)

    @property
    def shapes(self) -> dict[str, list[Shape]]:
        """Return layer name -> the shapes of its weights, in Keras's order."""
        return {row.name: weight_shapes(row) for row in self._rows if row.parameters}

    @property
    def taken_shapes(self) -> dict[str, list[Shape]]:
        """Return the same for the layers that start with another network's weights only."""
        return {self._rows[index].name: weight_shapes(self._rows[index]) for index in self.network.taken}

    @functools.cached_property
    def _rows(self) -> tuple[Row, ...]:
        return check(self.network, self.dataset.input_shape, self.classes, self.max_parameters).rows


class ProbeImages(NamedTuple):
    """The images whose predictions a run reports, and their labels."""

    images: np.ndarray
    labels: np.ndarray


File = bytes | ProbeImages | Weights
Files = dict[str, File]
"""Path in the run's folder -> validated content."""


def is_run_file(name: str) -> bool:
    """Return whether a file of a run's folder is exported and imported."""
    return name in _NAMED or any(form.fullmatch(name) for form in (_MOMENT, _MODEL, _BEST))


def read(name: str, content: bytes, limits: Limits) -> File:
    """Return the validated content of a file with an allowed name (see `is_run_file`).

    Raises:
        CNNLabError, ValueError, OSError, ...: the content is invalid.
    """
    if _MOMENT.fullmatch(name) or name == _BEGIN:
        return _weights(name, content, limits.shapes, limits.taken_shapes if name == _BEGIN else {})
    if name == PROBE_IMAGES:
        return _probe_images(content, limits)
    if name == drawings_file.FILE:
        drawings_file.unpack(content)
    elif name == initial_state.EXTRA:
        _check_extra(content, limits)
    elif name == CHECKPOINT:
        _EPOCHS.validate_json(content)
    elif name in _MARKS and content:
        raise ValueError(name)
    elif _MODEL.fullmatch(name) and not same_architecture(
        keras_archive.read_file(content, most=MAX_MODEL_BYTES, compiled=True), limits.network
    ):
        raise _other_network(name)
    return content


def _other_network(name: str) -> CNNLabError:
    return CNNLabError(
        N_("The model in {name} is not the run's network."),
        N_("Choose a run that was exported from CNN Lab, unchanged."),
        name=name,
    )


def check_event(event: AnyEvent, limits: Limits) -> None:
    """Raise ValueError for impossible values: pages divide by some of them and use others as class indices."""
    values = event.model_dump()
    counts = {name: value for name, value in values.items() if isinstance(value, int)}
    memory = counts.pop("memory", 0)
    if (
        not all(0 <= count <= MAX_COUNT for count in counts.values())
        or not 0 <= memory <= MAX_MEMORY
        or not math.isfinite(event.at)
    ):
        raise ValueError(event.kind)
    positive = [values[name] for name in ("epochs", "steps") if name in values]
    if event.kind in ("epoch", "batch", "answers"):
        positive.append(values["epoch"])
    predictions = values.get("predictions", ())
    if not all(positive) or not all(0 <= prediction < limits.classes for prediction in predictions):
        raise ValueError(event.kind)


def check_complete(files: Mapping[str, File], state: str) -> None:
    """Check that the checkpoint has its model, and that a finished run has weights.

    Raises:
        CNNLabError: a file is missing.
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
            N_("The run is incomplete: {name} is missing."),
            N_("Choose a run that was exported from CNN Lab, unchanged."),
            name=missing,
        )


def write(folder: Path, name: str, file: File) -> None:
    """Write content that `read` returned to a run's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(file, bytes):
        path.write_bytes(file)
    elif isinstance(file, ProbeImages):
        np.savez(path, images=file.images, labels=file.labels)
    else:
        arrays = {f"{layer}.{k}": array for layer, found in file.items() for k, array in enumerate(found)}
        np.savez(path, **arrays)  # type: ignore[arg-type]


def _weights(name: str, content: bytes, expected: dict[str, list[Shape]], first: dict[str, list[Shape]]) -> Weights:
    """Return weights of the shapes `expected`, or only those of the first layers, if there are such."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if first and len(archive.namelist()) == sum(map(len, first.values())):
                expected = first
            if len(archive.namelist()) != sum(map(len, expected.values())):
                raise ValueError(name)
            return {
                layer: tuple(_array(archive, f"{layer}.{k}", "f", shape).astype(np.float32) for k, shape in numbered)
                for layer, numbered in ((layer, enumerate(shapes)) for layer, shapes in expected.items())
            }
    except (*keras_archive.DAMAGED, SyntaxError, TypeError):
        raise CNNLabError(
            N_("The weights in {name} are damaged, or do not belong to this network."),
            N_("Choose a run that was exported from CNN Lab, unchanged."),
            name=name,
        ) from None


def _probe_images(content: bytes, limits: Limits) -> ProbeImages:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        images = _array(archive, "images", "u", (None, *limits.network.input_shape))
        labels = _array(archive, "labels", "iu", (len(images),))
    known = not labels.size or 0 <= labels.min() <= labels.max() < limits.classes
    if len(images) > probe_images.COUNT or images.dtype != np.uint8 or not known:
        raise ValueError(PROBE_IMAGES)
    return ProbeImages(images, labels.astype(np.int64))


def _check_extra(content: bytes, limits: Limits) -> None:
    if len(content) > 2 * initial_state.MAX_BYTES:
        raise ValueError(initial_state.EXTRA)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        images = _array(archive, "x", "u", (None, *limits.network.input_shape))
        labels, weight = _array(archive, "y", "iu", (len(images),)), _array(archive, "weight", "iu", ())
    extra = initial_state.Extra(images, labels, int(weight))
    initial_state.check_extra(extra, limits.network.input_shape, limits.classes)


def _array(archive: zipfile.ZipFile, name: str, kinds: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return an array of the given shape (None: any length); its size is checked before anything is unpacked."""
    entry = archive.getinfo(f"{name}.npy")
    limit = 8 * math.prod(length or initial_state.MAX_SHOWN for length in shape) + _HEADER
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.file_size > limit:
        raise ValueError(name)
    file = io.BytesIO(archive.read(entry))
    reader = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(file)]
    found, fortran_order, dtype = reader(file)
    values = np.frombuffer(file.read(), dtype)
    fits = len(found) == len(shape) and all(a in (None, b) for a, b in zip(shape, found, strict=True))
    if dtype.kind not in kinds or not fits or len(values) != math.prod(found):
        raise ValueError(name)
    return values.reshape(found, order="F" if fortran_order else "C")
