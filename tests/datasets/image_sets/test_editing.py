"""Corrections: images move or go, everything else stays where it was, and each correction can be undone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab.datasets.image_sets import Description, ImageSet, ImageSets, Shape
from cnnlab.errors import DatasetError
from cnnlab.settings import Settings
from tests.datasets.image_sets.made import class_files, folder


@pytest.fixture
def sets(tmp_path: Path) -> ImageSets:
    return ImageSets(Settings(home=tmp_path / "home"))


@pytest.fixture
def pets(tmp_path: Path, sets: ImageSets) -> ImageSet:
    return sets.create(folder(tmp_path / "pets", class_files("cat", "dog", count=10)))


def by_name(sets: ImageSets, id: str) -> dict[str, tuple[str, str]]:
    """The file of each image -> its class and its part."""
    data = sets.load(id)
    assert data.validation is not None
    aside = set(data.validation.tolist())
    train, test = sets.file_names(id)
    found = {
        name: (data.class_names[label], "validation" if row in aside else "train")
        for row, (name, label) in enumerate(zip(train, data.y_train, strict=True))
    }
    return found | {name: (data.class_names[label], "test") for name, label in zip(test, data.y_test, strict=True)}


def test_an_image_that_moves_stays_in_its_part_and_so_do_the_others(sets: ImageSets, pets: ImageSet) -> None:
    before = by_name(sets, pets.id)
    changed = sets.edit(pets.id, [2], "dog")
    after = by_name(sets, pets.id)
    assert after == before | {"cat/2.png": ("dog", before["cat/2.png"][1])}
    assert changed.digest != pets.digest
    assert [sum(count) for count in changed.counts] == [9, 11]
    undone = sets.undo(pets.id)
    assert (undone.digest, undone.edits, by_name(sets, pets.id)) == (pets.digest, (), before)
    with pytest.raises(DatasetError, match="There is nothing to undo"):
        sets.undo(pets.id)


def test_removed_images_are_gone_until_it_is_undone(sets: ImageSets, pets: ImageSet) -> None:
    before = by_name(sets, pets.id)
    one = sets.edit(pets.id, [12, 13], None)
    sets.edit(pets.id, [3], "dog")
    kept = {name: where for name, where in before.items() if name not in ("dog/2.png", "dog/3.png")}
    assert by_name(sets, pets.id) == kept | {"cat/3.png": ("dog", before["cat/3.png"][1])}
    assert sets.contents(pets.id).images.tolist() == [k for k in range(20) if k not in (12, 13)]
    with pytest.raises(DatasetError, match="no longer in the image set"):
        sets.edit(pets.id, [12], "cat")
    assert sets.undo(pets.id).digest == one.digest
    assert sets.undo(pets.id).digest == pets.digest
    assert by_name(sets, pets.id) == before


def test_a_class_of_its_own_and_a_class_that_goes(sets: ImageSets, pets: ImageSet) -> None:
    # A new class needs images in every part, so everything is divided anew.
    changed = sets.edit(pets.id, [0, 1, 2, 3], " 여우 ")
    assert changed.class_names == ("cat", "dog", "여우")
    assert all(min(counts) >= 1 for counts in changed.counts)
    assert [sum(counts) for counts in changed.counts] == [6, 10, 4]
    assert sets.edit(pets.id, range(4, 10), "dog").class_names == ("dog", "여우")
    with pytest.raises(DatasetError, match="There is nothing to distinguish"):
        sets.edit(pets.id, [0, 1, 2, 3], None)
    # What was refused changed nothing.
    assert sets.get(pets.id).class_names == ("dog", "여우")
    for nothing in ("", "  ", "a\nb", "x" * 61):
        with pytest.raises(DatasetError, match="1 to 60 characters"):
            sets.edit(pets.id, [5], nothing)
    with pytest.raises(DatasetError, match=r"at least 3 images to learn from; too few: 여우 \(2\)"):
        sets.edit(pets.id, [0, 1], "dog")


def test_corrections_survive_another_shape_and_division(sets: ImageSets, pets: ImageSet) -> None:
    sets.edit(pets.id, [2], "dog")
    sets.edit(pets.id, [15], None)
    smaller = sets.change(pets.id, shape=Shape(12, True))
    data = sets.load(pets.id)
    assert data.input_shape == (12, 12, 3)
    assert (len(data.x_train) + len(data.x_test), smaller.images) == (19, 19)
    assert by_name(sets, pets.id)["cat/2.png"][0] == "dog"


def test_images_are_those_of_the_files(tmp_path: Path, sets: ImageSets, pets: ImageSet) -> None:
    sets.edit(pets.id, [0], None)
    inside = sets.contents(pets.id)
    assert [inside.class_names[label] for label in inside.labels] == ["cat"] * 9 + ["dog"] * 10
    assert len(np.unique(inside.groups)) == 19
    (first_name, first), (last_name, last) = sets.originals(pets.id, [1, 19])
    assert (first_name, last_name) == ("cat/1.png", "dog/9.png")
    assert (inside.suggested, inside.given) == (Shape(8, False), ())
    files = class_files("cat", "dog", count=10)
    for found, name in ((first, "cat/1.png"), (last, "dog/9.png")):
        expected, received = (np.asarray(Image.open(io.BytesIO(content))) for content in (files[name], found))
        np.testing.assert_array_equal(received, expected)


def test_rename_and_describe(sets: ImageSets, pets: ImageSet) -> None:
    assert sets.rename(pets.id, "  Our pets ").name == "Our pets"
    described = Description(source="Class 3b", license="CC0", consent="nobody")
    assert sets.describe(pets.id, described) == sets.get(pets.id)
    assert (sets.get(pets.id).description, sets.get(pets.id).digest) == (described, pets.digest)
    with pytest.raises(DatasetError, match="1 to 60 characters"):
        sets.rename(pets.id, " ")
    with pytest.raises(DatasetError, match="0 to 500 characters"):
        sets.describe(pets.id, Description(source="x" * 501))
    assert sets.get(pets.id).name == "Our pets"
