"""One look-up for built-in datasets and image sets, and what a run keeps of an image set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cnnlab import datasets
from cnnlab.datasets import DATASETS, description
from cnnlab.datasets.image_sets import ImageSet, ImageSets, Shape
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import Verbatim
from cnnlab.settings import Settings
from tests.datasets.image_sets.made import class_files, zip_file


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def pets(tmp_path: Path, here: Settings) -> ImageSet:
    return ImageSets(here).create(zip_file(tmp_path / "pets.zip", class_files("cat", "강아지", count=20)), name="Pets")


def test_an_image_set_is_described_like_a_built_in_dataset(here: Settings, pets: ImageSet) -> None:
    info = datasets.info(pets.id, here)
    assert (info.name, info.title, info.class_names, info.input_shape) == (
        pets.id,
        "Pets",
        ("cat", "강아지"),
        (8, 8, 1),
    )
    # Validation images are training images that are set aside.
    assert (info.train_size, info.validation_size, info.test_size) == (34, 6, 6)
    assert (info.counts, info.digest, info.fit, info.own) == (((14, 3, 3), (14, 3, 3)), pets.digest, "crop", True)
    # "cat" is a class of CIFAR-10, with a translation; the one of a person is not translated.
    assert all(isinstance(text, Verbatim) for text in (info.title, *info.class_names))
    assert not datasets.info("cifar-10").own
    assert list(datasets.every(here)) == [*DATASETS, pets.id]
    loaded = datasets.load(pets.id, here)
    assert len(loaded.x_train) == info.train_size and np.array_equal(
        loaded.x_test, ImageSets(here).load(pets.id).x_test
    )
    assert datasets.available(pets.id, here)


def test_an_image_set_of_another_lab(here: Settings, pets: ImageSet, tmp_path: Path) -> None:
    there = Settings(home=tmp_path / "there")
    assert datasets.find(pets.id, there) is None and not datasets.available(pets.id, there)
    for look_up in (datasets.info, datasets.load):
        with pytest.raises(DatasetError, match=f"There is no image set “{pets.id}”"):
            look_up(pets.id, there)
    with pytest.raises(DatasetError, match="There is no dataset called “set-1”"):
        datasets.info("set-1", here)


def test_a_change_is_seen_at_once(here: Settings, pets: ImageSet) -> None:
    before = datasets.info(pets.id, here)
    ImageSets(here).change(pets.id, shape=Shape(size=12, color=True))
    after = datasets.info(pets.id, here)
    assert (before.input_shape, after.input_shape) == ((8, 8, 1), (12, 12, 3))
    assert before.digest != after.digest


def test_a_run_keeps_the_description(here: Settings, pets: ImageSet) -> None:
    info = datasets.info(pets.id, here)
    kept = description.from_json(description.to_json(info))
    assert kept == info
    assert all(isinstance(text, Verbatim) for text in (kept.title, *kept.class_names))
    assert description.to_json(DATASETS["mnist"]) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "../set-12345678"},
        {"input_shape": [8, 8, 2]},
        {"input_shape": [100_000, 100_000, 1]},
        {"class_names": []},
        {"class_names": ["x" * 1_001]},
        {"train_size": -1},
        {"digest": "none"},
        {"more": 1},
    ],
)
def test_a_description_from_elsewhere_is_checked(here: Settings, pets: ImageSet, wrong: dict[str, object]) -> None:
    content = json.loads(description.to_json(datasets.info(pets.id, here)))
    with pytest.raises(ValidationError):
        description.from_json(json.dumps({**content, **wrong}))
