"""Files of all kinds that people upload, told apart by their content."""

from __future__ import annotations

import io
import zipfile

import pytest

from cnnlab.errors import CNNLabError
from cnnlab.lab.file_kinds import kind_of


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (zipped("config.json", "metadata.json", "model.weights.h5"), "MODEL.KERAS", "model"),
        (zipped("config.json", "metadata.json", "model.weights.h5"), "renamed.zip", "model"),
        (b"\x89HDF\r\n\x1a\n", "model.keras", "model"),
        (b"\x89HDF\r\n\x1a\n", "MODEL.H5", "model"),
        (zipped("run.json", "events.jsonl"), "run.zip", "run"),
        (b"PK damaged", "run.zip", "run"),
        (b"PK damaged", "model.keras", "model"),
        (b"damaged", "model.keras", "model"),
    ],
)
def test_runs_and_models(content: bytes, name: str, kind: str) -> None:
    assert kind_of(content, name) == kind


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (zipped("saved/saved_model.pb", "saved/variables/variables.index"), "model.zip", "another format: SavedModel."),
        (b"\x08\x01", "saved_model.pb", "another format: SavedModel."),
        (zipped("model/data.pkl"), "model.pt", "another format: PyTorch."),
        (b"\x80\x02}", "model.pth", "another format: PyTorch / pickle."),
        (b"\x08\x08\x12\x07pytorch", "anything", "another format: ONNX."),
        (b"", "model.ONNX", "another format: ONNX."),
        (b"\x1c\x00\x00\x00TFL3", "model.tflite", "another format: LiteRT (TensorFlow Lite)."),
        (zipped("cats/1.PNG", "dogs/2.jpg"), "pets.zip", "This ZIP file holds pictures, not a run or a model."),
        (b"\x89PNG\r\n", "digit.png", "This is a picture. Open it on the Draw page."),
        (b' {"layers": []}', "network.json", "This is JSON, which has no weights."),
        (b"hello", "notes.txt", "“notes.txt” is neither a run exported from CNN Lab nor a Keras model."),
    ],
)
def test_other_files_are_named(content: bytes, name: str, expected: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        kind_of(content, name)
    assert expected in str(refused.value)
