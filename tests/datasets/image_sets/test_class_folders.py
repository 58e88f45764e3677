"""Classes and parts by the paths of image files."""

from __future__ import annotations

import unicodedata

import pytest

from cnnlab.datasets.image_sets.class_folders import arrange, check_arranged
from cnnlab.errors import DatasetError
from tests.datasets.image_sets.made import reasons


def placed(*paths: str) -> list[tuple[str, str, str | None]]:
    return [(image.path, image.label, image.part) for image in arrange(paths).images]


def test_the_class_is_the_folder() -> None:
    assert placed("dog/1.JPG", "cat/2.png") == [("cat/2.png", "cat", None), ("dog/1.JPG", "dog", None)]
    # Whatever the folders above have in common, and folders below a class.
    assert placed("my photos/set/cat/1.png", "my photos/set/dog/old/1.png") == [
        ("my photos/set/cat/1.png", "cat", None),
        ("my photos/set/dog/old/1.png", "dog", None),
    ]


def test_photos_are_in_the_order_in_which_they_were_taken() -> None:
    names = ["b/photo 10.png", "b/photo 9.png", "a/2.png", "a/01.png", "a/x.png"]
    assert [one[0] for one in placed(*names)] == ["a/01.png", "a/2.png", "a/x.png", "b/photo 9.png", "b/photo 10.png"]


def test_parts_above_classes() -> None:
    assert placed("x/Train/cat/1.png", "x/Train/dog/1.png", "x/val/cat/2.png", "x/Testing/dog/3.png") == [
        ("x/Testing/dog/3.png", "dog", "test"),
        ("x/Train/cat/1.png", "cat", "train"),
        ("x/Train/dog/1.png", "dog", "train"),
        ("x/val/cat/2.png", "cat", "validation"),
    ]
    # Only with all folders named after parts: here "train" is a thing.
    assert placed("train/1.png", "ship/1.png") == [("ship/1.png", "ship", None), ("train/1.png", "train", None)]
    # A single part says nothing.
    assert placed("train/cat/1.png", "train/dog/1.png")[0] == ("train/cat/1.png", "cat", None)


def test_junk_is_counted_and_other_files_are_named() -> None:
    arranged = arrange(
        [
            *("__MACOSX/cat/._1.png", "cat/Thumbs.db", "cat/.DS_Store", ".hidden/2.png", "dog/desktop.ini"),
            *("cat/1.png", "dog/1.png", "read me.txt", "above.png"),
        ]
    )
    assert ([image.path for image in arranged.images], arranged.ignored) == (["cat/1.png", "dog/1.png"], 5)
    assert reasons(arranged.skipped) == {
        "read me.txt": "Not an image.",
        "above.png": "Not in the folder of a class.",
    }


def test_class_names_in_any_script_are_told_by_what_is_read() -> None:
    decomposed = unicodedata.normalize("NFD", "강아지")
    assert decomposed != "강아지"
    arranged = arrange([f"{decomposed}/1.png", "강아지/2.png", "ネコ/1.png", "10/1.png", "9/1.png", "café/1.png"])
    assert check_arranged("x", arranged, 10) == ("9", "10", "café", "ネコ", "강아지")


def test_what_is_no_image_set() -> None:
    with pytest.raises(DatasetError, match=r"x\.zip holds no images in folders of classes\. Put the images of each"):
        check_arranged("x.zip", arrange(["1.png", "2.png", "a/notes.txt"]), 10)
    with pytest.raises(DatasetError, match="expected images of at least 2 classes, received cat"):
        check_arranged("x.zip", arrange(["cat/1.png", "cat/2.png"]), 10)
    with pytest.raises(DatasetError, match=r"3 classes; the limit is 2\..*CNNLAB_IMAGE_SET_CLASSES"):
        check_arranged("x.zip", arrange(["a/1.png", "b/1.png", "c/1.png"]), 2)
