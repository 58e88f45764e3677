"""Read the model in a foreign file, description and arrays, without Keras and without running anything.

Formats: `.keras` of Keras 3 and of Keras 2.12 to 2.15, and HDF5 files (`.h5`) of any version. Needs h5py, a library in
C, so that foreign files are read only in workers.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network import keras_archive, keras_forms
from cnnlab.network.from_keras import ForeignNetwork, from_keras
from cnnlab.network.keras_chain import KerasLayer, note
from cnnlab.network.summary import Row, summarize, weight_shapes

if TYPE_CHECKING:
    import h5py  # type: ignore[import-untyped]

HDF5 = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file."""
_PARENTS = ("", "_layer_checkpoint_dependencies/")
"""Where a `.keras` file has its layers; the second, in place of “layers/”, is that of Keras 2.13 and older."""


class ModelFile:
    """An open file with a model.

    Attributes:
        description: the model as Keras describes it.
        version: the version of Keras that wrote the file; "" if unknown.

    Raises:
        CNNLabError: the file is too large, has no model, or is damaged.
    """

    def __init__(self, content: bytes, most: int = keras_archive.MAX_BYTES) -> None:
        keras_archive.check_size(content, most)
        self._most = most
        self._legacy = content.startswith(HDF5)
        if self._legacy:
            self._file = _open(content)
            self.description, self.version = _legacy_description(self._file)
        else:
            self.description, self.version = keras_archive.read_description(content, most)
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self._file = _open(archive.read("model.weights.h5"))

    @property
    def keras_3(self) -> bool:
        """Return whether this is a `.keras` file that Keras 3 can load."""
        return not self._legacy and not self.version.startswith(("1.", "2."))

    def network(self, name: str = "") -> ForeignNetwork:
        """Return the network of the file, with the statistics of its Normalization layers.

        Raises:
            NetworkError: the Lab does not support the network.
            CNNLabError: the file is damaged.
        """
        found = from_keras(self.description, name, self.arrays)
        if self.keras_3:
            return found
        text = N_("Written by Keras {version}: the layers and weights were read without running the file.")
        return ForeignNetwork(found.network, found.sources, (note(text, version=self.version or "?"), *found.notes))

    def weights(self, foreign: ForeignNetwork) -> dict[str, tuple[np.ndarray, ...]]:
        """Return the weights of the Lab's network: layer name -> its arrays float32, in Keras's order.

        Raises:
            CNNLabError: the file does not have them, or they have other shapes.
        """
        rows = zip(summarize(foreign.network).rows, foreign.sources, strict=True)
        return {row.name: self._layer_weights(row, source) for row, source in rows if row.parameters}

    def _layer_weights(self, row: Row, source: KerasLayer | None) -> tuple[np.ndarray, ...]:
        arrays = complete_arrays(source, self.arrays) if source else []
        expected = weight_shapes(row)
        if [array.shape for array in arrays] != expected:
            raise keras_archive.damaged_file(f"{row.name}: {[array.shape for array in arrays]} ≠ {expected}")
        return tuple(arrays)

    def arrays(self, layer: KerasLayer) -> list[np.ndarray]:
        """Return the arrays of a layer, float32, in Keras's order; empty if the file has none.

        Raises:
            CNNLabError: an array cannot be read.
        """
        try:
            stored = self._legacy_arrays(layer) if self._legacy else self._numbered_arrays(layer)
            return [self._values(one) for one in stored]
        # HDF5 is a format of many parts; h5py reports damage in any of them with these.
        except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            raise keras_archive.damaged_file(str(error)) from None

    def _numbered_arrays(self, layer: KerasLayer) -> list[Any]:
        for parent in _PARENTS:
            path = f"{layer.group}/vars"
            path = path.replace("layers/", parent, 1) if parent else path
            # On Windows, Keras 2 wrote the paths with its own separator.
            for written in (path, path.replace("/", "\\")):
                group = self._file.get(written)
                if group is not None:
                    return [group[str(number)] for number in range(len(group))]
        return []

    def _legacy_arrays(self, layer: KerasLayer) -> list[Any]:
        group = self._file["model_weights"].get(layer.names[0])
        if group is None:
            return []
        names = [_text(name) for name in _attribute(group, "weight_names")]
        # The layers of a model inside the model share one group.
        own = [name for name in names if len(layer.names) == 1 or name.split("/")[-2:-1] == [layer.names[-1]]]
        return [group[name] for name in own]

    def _values(self, stored: Any) -> np.ndarray:
        """Return an array; its size, and that it is in this file, are checked before it is read."""
        if stored.is_virtual or stored.external or stored.nbytes > self._most or stored.dtype.kind not in "fiu":
            raise ValueError(stored.name)
        return np.asarray(stored[()], np.float32)


def _open(content: bytes) -> h5py.File:
    # Imported here: the server imports this module, but only workers open files.
    import h5py

    try:
        return h5py.File(io.BytesIO(content), "r")
    except (OSError, RuntimeError) as error:
        raise keras_archive.damaged_file(str(error)) from None


def _legacy_description(file: h5py.File) -> tuple[dict[str, Any], str]:
    text = file.attrs.get("model_config")
    if text is None:
        raise CNNLabError(
            N_("The file has weights only; the network is missing."),
            N_("Save the whole model: model.save('model.keras')."),
        )
    try:
        description = json.loads(_text(text))
    except (ValueError, RecursionError) as error:
        raise keras_archive.damaged_file(str(error)) from None
    if not isinstance(description, dict):
        raise keras_archive.damaged_file("model_config")
    return description, _text(file.attrs.get("keras_version", ""))


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _attribute(group: Any, name: str) -> list[object]:
    """Return a list that Keras 2 splits into numbered parts if it is long."""
    if name in group.attrs:
        return list(group.attrs[name])
    parts = sorted((key for key in group.attrs if key.startswith(name)), key=lambda key: int(key[len(name) :]))
    return [value for part in parts for value in group.attrs[part]]


def complete_arrays(source: KerasLayer, arrays: keras_forms.ArraysOf) -> list[np.ndarray]:
    """Return a layer's arrays, float32, in the form that the Lab's layer has."""
    if source.kind == "Normalization":
        mean, variance = keras_forms.statistics(source, arrays)
        variance = np.maximum(variance - keras_forms.STATISTICS_EPSILON, 0)
        found = [np.ones_like(mean), np.zeros_like(mean), mean, variance]
        return [np.asarray(one, np.float32) for one in found]
    stored = list(arrays(source))
    if source.kind == "BatchNormalization" and stored:
        scale, center = (source.config.get(name, True) for name in ("scale", "center"))
        if not scale:
            stored.insert(0, np.ones_like(stored[-1]))
        if not center:
            stored.insert(1, np.zeros_like(stored[-1]))
    return stored
