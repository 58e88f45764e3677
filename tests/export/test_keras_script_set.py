"""The script's code for an image set gives the images of the Lab, from the exported ZIP file and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnlab.datasets.image_sets import ImageSet, ImageSets, Shape
from cnnlab.export.keras_script import script
from cnnlab.export.keras_script_set import file_name
from cnnlab.i18n.marks import untranslated
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import split
from tests.datasets.image_sets.made import image_file, noise, png, scene, zip_file

NAME = 'My "pets": Katze/강아지'


@pytest.fixture
def sets(tmp_path: Path) -> ImageSets:
    return ImageSets(Settings(home=tmp_path / "home"))


def made(sets: ImageSets, tmp_path: Path, shape: Shape) -> ImageSet:
    """Photos and drawings of several sizes, large and small; one image removed again, one moved."""
    files = {f"b/{k}.jpg": image_file(scene(k), "JPEG") for k in range(12)}
    files |= {f"강아지/{k}.png": png(k, 400, 380, 3) for k in range(8)}
    files |= {f"강아지/small {k}.png": image_file(noise(50 + k, 9, 14)) for k in range(4)}
    files |= {f'a "quoted"/{k}.png': png(90 + k, 20, 12) for k in range(8)}
    one = sets.create(zip_file(tmp_path / "files.zip", files), name=NAME, shape=shape)
    sets.edit(one.id, [3], None)
    sets.edit(one.id, [9], "강아지")
    return sets.get(one.id)


def executed(sets: ImageSets, one: ImageSet, training: TrainingSpec, folder: Path) -> dict[str, Any]:
    """Export the set, run the script's code for the data beside it, and return its variables."""
    sets.export_zip(one.id, folder / file_name(one.info))
    network = NetworkSpec(input_shape=one.shape.input_shape, layers=(Flatten(), Dense(units=3, activation="softmax")))
    code = script(network, training, untranslated, one.info)
    imports = "".join(line + "\n" for line in code.split("\n\n")[0].splitlines() if "keras" not in line)
    data = code[code.index("# The images: pixels") : code.index("# The network")]
    before, variables = Path.cwd(), {}
    os.chdir(folder)
    try:
        exec(imports + data, variables)
    finally:
        os.chdir(before)
    return variables


@pytest.mark.parametrize(
    "shape", [Shape(20, True, "crop"), Shape(20, True, "pad"), Shape(33, False, "pad"), Shape(16, False, "stretch")]
)
def test_the_images_are_those_of_the_lab(tmp_path: Path, sets: ImageSets, shape: Shape) -> None:
    one = made(sets, tmp_path, shape)
    assert file_name(one.info) == "My-pets-Katze-강아지.zip"
    training = TrainingSpec(dataset=one.id)
    found, dataset = executed(sets, one, training, tmp_path), sets.load(one.id)
    expected = split(dataset, training)
    assert np.array_equal(np.rint(found["x_train"] * 255), expected.x_train)
    assert np.array_equal(np.rint(found["x_val"] * 255), expected.x_validation)
    assert np.array_equal(np.rint(found["x_test"] * 255), dataset.x_test)
    for name, labels in (
        ("y_train", expected.y_train),
        ("y_val", expected.y_validation),
        ("y_test", dataset.y_test),
    ):
        assert np.array_equal(found[name], labels)


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": (0, 1)},
        {"train_size": 20, "label_noise": 0.3},
        {"validation": "test", "classes": (0, 2)},
        {"class_weights": "balanced", "classes": (1, 2), "train_size": 16 + 4},
    ],
)
def test_the_settings_apply_as_in_the_lab(tmp_path: Path, sets: ImageSets, changes: dict[str, Any]) -> None:
    files = {f"{name}/{k}.png": png(100 * n + k) for n, name in enumerate("abc") for k in range(20 + 10 * n)}
    one = sets.create(zip_file(tmp_path / "files.zip", files), name=NAME)
    training = TrainingSpec(dataset=one.id).replace(**changes)
    found, expected = executed(sets, one, training, tmp_path), split(sets.load(one.id), training)
    assert np.array_equal(np.rint(found["x_train"] * 255), expected.x_train)
    assert np.array_equal(found["y_train"], expected.y_train)
    held_out = "test" if training.validation == "test" else "val"
    assert np.array_equal(np.rint(found[f"x_{held_out}"] * 255), expected.x_validation)
    assert np.array_equal(found[f"y_{held_out}"], expected.y_validation)


def test_another_image_set_is_not_read(tmp_path: Path, sets: ImageSets) -> None:
    one, other = (
        sets.create(
            zip_file(tmp_path / "files.zip", {f"{c}/{k}.png": png(k + ord(c)) for c in names for k in range(5)}),
            name=NAME,
        )
        for names in ("ab", "ac")
    )
    sets.export_zip(other.id, tmp_path / file_name(one.info))
    network = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=2)))
    (tmp_path / "run.py").write_text(script(network, TrainingSpec(dataset=one.id), untranslated, one.info), "utf-8")
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and 'assert [one["name"] for one in about["classes"]] == class_names' in done.stderr


def test_the_whole_script_trains(tmp_path: Path, sets: ImageSets) -> None:
    files = {f"{name}/{k}.png": png(100 * n + k) for n, name in enumerate("ab") for k in range(20)}
    one = sets.create(zip_file(tmp_path / "files.zip", files), name=NAME)
    sets.export_zip(one.id, tmp_path / file_name(one.info))
    layers = Conv2D(filters=2, activation="relu"), Flatten(), Dense(units=2, activation="softmax")
    training = TrainingSpec(dataset=one.id, epochs=1, batch_size=8, class_weights="balanced")
    code = script(NetworkSpec(input_shape=(8, 8, 1), layers=layers), training, untranslated, one.info)
    (tmp_path / "run.py").write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "test accuracy" in done.stdout
