"""Read the network of a foreign `.keras` file safely, before Keras opens the file. No TensorFlow here.

A `.keras` file is a zip with a description (JSON) and the weights (HDF5). Only the description is read here, within
size limits, and it may name only Keras's own classes.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from cnnlab.errors import CNNLabError, NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.from_keras import from_keras
from cnnlab.network.keras_chain import excerpt, not_a_model
from cnnlab.network.spec import NetworkSpec

MAX_BYTES = 100_000_000
"""Maximum size of a `.keras` file, packed and unpacked; Keras does not compress it."""
MAX_CONFIG_BYTES = 5_000_000
"""Maximum size of the description."""

MEMBERS = ["config.json", "metadata.json", "model.weights.h5"]
_MODULES = frozenset(
    {"keras", *(f"keras.{name}" for name in ("layers", "initializers", "regularizers", "constraints", "optimizers"))}
    | {"keras.optimizers.schedules", "keras.losses", "keras.metrics", "keras.activations", "keras.models"}
    | {"keras.src.models.functional", "keras.src.models.sequential"}
)
"""Modules whose classes a description may name; anything else is custom code."""

# Errors of the standard library on damaged, encrypted or foreign zip files.
DAMAGED = (OSError, EOFError, ValueError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def read_file(content: bytes, name: str = "", most: int = MAX_BYTES, compiled: bool = False) -> NetworkSpec:
    """Return the network of a `.keras` file. Reads only the description: runs no code and reads no weights.

    Args:
        most: maximum size of the file, in bytes.
        compiled: also check that the optimizer and the loss are Keras's own, for a caller that loads them.

    Raises:
        NetworkError: the Lab does not support the network; the error names the layer and the reason.
        CNNLabError: the file is not a `.keras` file, is damaged, or is too large.
    """
    check_size(content, most)
    description, _ = read_description(content, most)
    network = from_keras(description, name).network
    # Checked second, because “unsupported layer” is the more helpful message.
    check_origin({key: part for key, part in description.items() if compiled or key != "compile_config"})
    return network


def check_size(content: bytes, most: int = MAX_BYTES) -> None:
    """Check that a file is not too large; CNNLabError if it is."""
    if len(content) > most:
        raise CNNLabError(
            N_("The file is {size:.0f} MB; the limit is {most:.0f} MB."),
            N_("Choose a smaller file."),
            size=len(content) / 1e6,
            most=most / 1e6,
        )


def read_description(content: bytes, most: int = MAX_BYTES) -> tuple[dict[str, Any], str]:
    """Return the description in a `.keras` file, and the version of Keras that wrote it.

    Raises:
        CNNLabError: the file is not a `.keras` file, or is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if sorted(names) != MEMBERS or sum(entry.file_size for entry in archive.infolist()) > most:
                raise ValueError(", ".join(names[:5]) or "zip")
            if max(archive.getinfo(name).file_size for name in MEMBERS[:2]) > MAX_CONFIG_BYTES:
                raise ValueError("config.json")
            description, metadata = (json.loads(archive.read(name)) for name in MEMBERS[:2])
    except (*DAMAGED, RecursionError) as error:
        raise damaged_file(str(error)) from None
    if not isinstance(description, dict):
        raise not_a_model(description)
    return description, str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else ""


def damaged_file(reason: str) -> CNNLabError:
    """Return the error for a file that should be a `.keras` file, but cannot be read."""
    return CNNLabError(
        N_("This is not a .keras file, or it is damaged ({reason})."),
        N_("Choose a file saved by Keras: model.save('model.keras')."),
        reason=excerpt(reason),
    )


def check_origin(description: object) -> None:
    """Check that every class in a description is Keras's own.

    Raises:
        NetworkError: a class is not Keras's own.
    """
    try:
        for one in _objects(description):
            module, own = one.get("module"), one.get("registered_name") in (None, one["class_name"])
            if not isinstance(module, str) or module not in _MODULES or not own or one["class_name"] == "Lambda":
                raise NetworkError(
                    N_("“{kind}” is custom code, which the Lab does not run."),
                    N_("Replace it with Keras layers that the Lab supports."),
                    kind=excerpt(one.get("registered_name") or one["class_name"]),
                )
    except RecursionError:
        raise not_a_model(description) from None


def _objects(description: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a description, at any depth, but not the values that layers pass to each other."""
    if isinstance(description, dict):
        if description.get("class_name") in ("__keras_tensor__", "__numpy__"):
            return
        if "class_name" in description:
            yield description
        for value in description.values():
            yield from _objects(value)
    elif isinstance(description, list | tuple):
        for value in description:
            yield from _objects(value)
