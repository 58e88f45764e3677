"""Tell what an uploaded file is from its content, and name those that cannot be imported for what they are."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import Literal

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.keras_archive import MEMBERS
from cnnlab.network.keras_weights import HDF5
from cnnlab.runs.archive import RUN_FILE

Kind = Literal["run", "model"]

_SAVE_AS_KERAS = N_("Load it where it was made, and save it as a Keras model: model.save('model.keras').")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
_PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")


def kind_of(content: bytes, name: str) -> Kind:
    """Return whether a file is a run exported from CNN Lab or a Keras model.

    Args:
        name: its file name, for formats that cannot be told from their content.

    Raises:
        CNNLabError: it is neither.
    """
    ending = PurePosixPath(name.lower()).suffix
    if content.startswith(HDF5):
        return "model"
    if content.startswith(b"PK"):
        return _kind_of_zip(content, ending)
    if content[4:8] == b"TFL3":
        raise _other(N_("LiteRT (TensorFlow Lite)"))
    if ending == ".onnx" or (content[:1] == b"\x08" and content[2:3] == b"\x12"):
        raise _other("ONNX")
    if ending == ".pb":
        raise _other("SavedModel")
    if ending in (".pt", ".pth") or content.startswith(b"\x80"):
        raise _other("PyTorch / pickle")
    if ending == ".safetensors":
        raise _other("safetensors")
    if content.startswith(_PICTURE_STARTS):
        raise CNNLabError(N_("This is a picture."), N_("Open it on the Draw page."))
    if content.lstrip()[:1] in (b"{", b"["):
        raise CNNLabError(
            N_("This is JSON, which has no weights."),
            N_("Import a network's JSON on the Build page."),
        )
    if ending in (".keras", ".h5", ".hdf5"):
        return "model"
    raise CNNLabError(
        N_("“{name}” is neither a run exported from CNN Lab nor a Keras model."),
        N_("Choose a .zip that CNN Lab exported, or a .keras or .h5 file."),
        name=name,
    )


def _kind_of_zip(content: bytes, ending: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    except zipfile.BadZipFile:
        return "run" if ending == ".zip" else "model"
    found = {name.name for name in names}
    if RUN_FILE in found:
        return "run"
    if "config.json" in found or found & set(MEMBERS) or ending == ".keras":
        return "model"
    if "saved_model.pb" in found:
        raise _other("SavedModel")
    if "data.pkl" in found:
        raise _other("PyTorch")
    if any(name.suffix.lower() in _PICTURES for name in names):
        raise CNNLabError(N_("This ZIP file holds pictures, not a run or a model."))
    return "run"


def _other(kind: str) -> CNNLabError:
    return CNNLabError(N_("This is a file of another format: {kind}."), _SAVE_AS_KERAS, kind=kind)
