"""A `.keras` file from somewhere: the network in it, read with bounds, before Keras itself opens it. No TensorFlow.

Such a file is a zip with a description (JSON) and the weights (HDF5). Only the description is looked at here, and only
Keras's own classes may be named in it.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from cnnlab.errors import CNNLabError, NetworkError
from cnnlab.marks import N_
from cnnlab.network.foreign import brief, from_keras, no_model
from cnnlab.network.spec import NetworkSpec

MOST_BYTES = 100_000_000
"""Of a `.keras` file, packed and unpacked; Keras packs without compressing."""
MOST_DESCRIPTION = 5_000_000
"""Of the description in it."""

_MEMBERS = ["config.json", "metadata.json", "model.weights.h5"]
_MODULES = frozenset(
    {"keras", *(f"keras.{name}" for name in ("layers", "initializers", "regularizers", "constraints", "optimizers"))}
    | {"keras.optimizers.schedules", "keras.losses", "keras.metrics", "keras.activations"}
)
"""Where the classes of a description may come from; whatever else is a stranger's code."""

# What the standard library says of damaged, encrypted or foreign zip files.
DAMAGED = (OSError, EOFError, ValueError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def read_file(content: bytes, name: str = "", most: int = MOST_BYTES, compiled: bool = False) -> NetworkSpec:
    """The network of a `.keras` file, from its description alone: nothing of it is run, and no weight is read.

    Args:
        most: bytes that the file may have.
        compiled: the optimizer and the loss will be read too, so that they have to be Keras's own.

    Raises:
        NetworkError: the Lab has no such network; the error says at which layer, and why.
        CNNLabError: it is no such file, is damaged, or too large.
    """
    description = _described(content, most)
    network = from_keras(description, name)
    # After that: of what the Lab does not have, that is the better answer.
    check_origin({key: part for key, part in description.items() if compiled or key != "compile_config"})
    return network


def _described(content: bytes, most: int) -> dict[str, Any]:
    if len(content) > most:
        raise CNNLabError(
            N_("The file has {size:.0f} MB; at most {most:.0f} MB are taken in."),
            N_("Choose a smaller one."),
            size=len(content) / 1e6,
            most=most / 1e6,
        )
    if content.startswith(b"\x89HDF"):
        raise CNNLabError(
            N_("This is a file of the older HDF5 form; expected a .keras file."),
            N_("Load it with Keras and save it once more: model.save('model.keras')."),
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if sorted(names) != _MEMBERS or sum(entry.file_size for entry in archive.infolist()) > most:
                raise ValueError(", ".join(names[:5]) or "zip")
            if archive.getinfo("config.json").file_size > MOST_DESCRIPTION:
                raise ValueError("config.json")
            description = json.loads(archive.read("config.json"))
    except (*DAMAGED, RecursionError) as error:
        raise CNNLabError(
            N_("This is no .keras file, or it is damaged ({reason})."),
            N_("Choose a file that Keras 3 wrote: model.save('model.keras')."),
            reason=brief(str(error)),
        ) from None
    if not isinstance(description, dict):
        raise no_model(description)
    return description


def check_origin(description: object) -> None:
    """See that every class in a description is Keras's own.

    Raises:
        NetworkError: one is not.
    """
    try:
        for one in _objects(description):
            module, own = one.get("module"), one.get("registered_name") in (None, one["class_name"])
            if not isinstance(module, str) or module not in _MODULES or not own or one["class_name"] == "Lambda":
                raise NetworkError(
                    N_("“{kind}” is code of somebody's own, which the Lab does not run."),
                    N_("Replace it by layers of Keras that the Lab has."),
                    kind=brief(one.get("registered_name") or one["class_name"]),
                )
    except RecursionError:
        raise no_model(description) from None


def _objects(description: object) -> Iterator[dict[str, Any]]:
    """Every object in a description, however deep."""
    if isinstance(description, dict):
        if "class_name" in description:
            yield description
        for value in description.values():
            yield from _objects(value)
    elif isinstance(description, list | tuple):
        for value in description:
            yield from _objects(value)
