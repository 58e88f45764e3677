"""The panel that imports a model: what is chosen against the measurement is said, and a file is read once."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from cnnlab.datasets import load
from cnnlab.lab.file_kinds import Kind
from cnnlab.lab.lab import Lab
from tests.ui.page import Page


@pytest.fixture(scope="module")
def lab(lab_with_workers: Lab) -> Lab:
    return lab_with_workers


@pytest.fixture(scope="module")
def raw_pixels(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model that names the digit with the nearest mean image, for pixels from 0 to 255."""
    data = load("mnist-5k")
    images = data.x_train.reshape(len(data.x_train), -1).astype(np.float32)
    means = np.stack([images[data.y_train == digit].mean(axis=0) for digit in range(10)])
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    model.set_weights([means.T, -(means**2).sum(axis=1) / 2])
    path = tmp_path_factory.mktemp("models") / "raw.keras"
    model.save(path)
    return path.read_bytes()


def with_file(name: str, content: bytes) -> Page:
    page = Page("runs")
    page.app.file_uploader(key="bring-file").set_value((name, content, "application/zip"))
    return page.run()


def chooser(page: Page, what: str) -> Any:
    """The field for the dataset or the pixels."""
    (found,) = (one for one in page.app.selectbox if str(one.key).startswith(f"bring-{what}-"))
    return found


def warnings(page: Page) -> list[str]:
    return [one.value.replace("\\", "") for one in page.app.warning]


def test_a_choice_against_the_measurement_is_warned_of(lab: Lab, raw_pixels: bytes) -> None:
    page = with_file("raw.keras", raw_pixels)
    best = lab.imports.examine(raw_pixels, "raw").fits[0]
    assert (best.dataset, best.pixels) == ("mnist-5k", "0..255") and best.accuracy > 0.7
    assert chooser(page, "pixels").value == "0..255" and warnings(page) == []
    # MNIST is not on this computer, but its 5,000 digits are a part of it.
    chooser(page, "dataset").set_value("mnist")
    assert chooser(page.run(), "pixels").value == "0..255" and warnings(page) == []
    chooser(page, "pixels").set_value("0..1")
    (said,) = warnings(page.run())
    assert said.startswith("The model was probably not trained on MNIST digits with pixels from 0 to 1: there, ")
    assert said.endswith(f"; on MNIST, 5,000 digits with pixels from 0 to 255, {best.accuracy:.1%}.")
    chooser(page, "dataset").set_value("fashion-mnist")
    (said,) = warnings(page.run())
    assert said.startswith("The model fits MNIST, 5,000 digits with pixels from 0 to 255: ")
    assert said.endswith("Fashion-MNIST is not on this computer, so nothing could be measured there.")
    # The run says so, too.
    page.press("bring-keras")
    assert lab.runs.get(str(page.me.run)).note.startswith(said)


def test_a_file_is_read_once(lab: Lab, raw_pixels: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    read, asked = [], lab.imports.kind

    def kind(content: bytes, name: str) -> Kind:
        read.append(name)
        return asked(content, name)

    monkeypatch.setattr(lab.imports, "kind", kind)
    for name, content, said in (
        ("raw.keras", raw_pixels, "The model outputs scores"),
        ("weights.pt", b"\x80", "This is a file of another format: PyTorch / pickle."),
    ):
        page = with_file(name, content)
        assert said in page.text
        assert said in page.run().text
    assert read == ["raw.keras", "weights.pt"]
