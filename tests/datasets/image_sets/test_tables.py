"""CSV, NPZ and IDX files: images and labels, or what to change."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnlab.datasets.image_sets import ImageSets
from cnnlab.datasets.image_sets.opening import opened
from cnnlab.datasets.image_sets.source import Source
from cnnlab.errors import DatasetError
from cnnlab.settings import Settings
from tests.datasets.image_sets.made import noise, read

SETTINGS = Settings(home=Path("nowhere"))


def rows(path: Path, **options: Any) -> tuple[list[tuple[str, str, str | None, list[Any]]], Source]:
    with opened(path, SETTINGS, **options) as source:
        found = [(one.name, one.label, one.part, np.asarray(one.content).tolist()) for one in read(source)]
    return found, source


def said(source: Source) -> list[str]:
    return [note.sentence() for note in source.notes]


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


SQUARES = [("1", "3", None, [[0, 1], [2, 3]]), ("2", "10", None, [[0, 5], [255, 3]])]


@pytest.mark.parametrize(
    "content",
    [
        "label,pixel0,pixel1,pixel2,pixel3\n3,0,1,2,3\n10,0,5,255,3\n",
        "3,0,1,2,3\n10,0,5,255,3\n",
        "\ufeff3;0;1;2;3\r\n\r\n10;0;5;255;3\r\n",
        'p,p,p,p,"Class"\n0,1,2,3,3\n0,5,255,3,10.0\n',
    ],
)
def test_a_table_with_the_label_first_or_last(tmp_path: Path, content: str) -> None:
    found, source = rows(text(tmp_path / "a.csv", content))
    assert (found, source.class_names, said(source)) == (SQUARES, ("3", "10"), [])


def test_the_label_may_be_text_or_be_named(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "7,1,2,3,고양이\n8,5,6,255,개\n")
    assert rows(path)[0] == [("1", "고양이", None, [[7, 1], [2, 3]]), ("2", "개", None, [[8, 5], [6, 255]])]
    path = text(tmp_path / "b.csv", "7,1,2,3,1\n8,5,6,255,0\n")
    with pytest.raises(DatasetError, match=r'could be in the first or in the last column.*label_column="first"'):
        rows(path)
    assert [one[1] for one in rows(path, label_column="last")[0]] == ["1", "0"]
    assert [one[1] for one in rows(path, label_column="first")[0]] == ["7", "8"]


def test_more_rows_than_are_read_at_once(tmp_path: Path) -> None:
    lines = [f"{number % 7},0,{number % 256},2,3" for number in range(2500)]
    found, _source = rows(text(tmp_path / "a.csv", "label,a,b,c,d\n" + "\n".join(lines)))
    assert [(one[1], one[3][0][1]) for one in found] == [(str(n % 7), n % 256) for n in range(2500)]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("", r"a\.csv has 0 columns; a label and the pixels of a square image are, for example, 785 \(28×28\)"),
        ("1,2,3,4\n", r"a\.csv has 4 columns"),
        ("1" * 3_000_000, r"a\.csv, row 1: the line is too long"),
        ("label,a,b,c,d\n1,1,2,3,4\n,1,2,3,4\n", r"a\.csv: image 2 has no label"),
        ("label,a,b,c,d\n", r"a\.csv holds no images"),
        ("1,0,2,3,4\n2,0,2,x,4\n", r"a\.csv, row 2: expected 4 pixels as numbers beside the label"),
        ("label,a,b,c,d\n1,0,2,3,4\n2,0,2\n", r"a\.csv, row 3: expected 4 pixels"),
        ("1,0,2,3,4\n2,0,2,256,4\n", r"a\.csv: the pixels lie between 0 and 256; expected 0 to 255, or 0 to 1"),
        ("1,0,2,3,4\n1,0,2,3,5\n", r"could be in the first|expected images of at least 2 classes, received 1"),
    ],
)
def test_tables_that_are_no_images(tmp_path: Path, content: str, match: str) -> None:
    with pytest.raises(DatasetError, match=match):
        rows(text(tmp_path / "a.csv", content), label_column="first" if content.endswith("5\n") else None)


IMAGES = noise(0, 4, 3, 3)


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("names", [("images", "labels"), ("x_train", "y_train"), ("arr_0", "arr_1"), ("X", "y")])
def test_arrays_under_the_names_that_people_give(tmp_path: Path, names: tuple[str, str]) -> None:
    path = npz(tmp_path / "a.npz", **dict(zip(names, (IMAGES, np.array([5, 7, 7, 5])), strict=True)))
    found, source = rows(path)
    assert [one[:3] for one in found] == [("1", "5", None), ("2", "7", None), ("3", "7", None), ("4", "5", None)]
    assert [one[3] for one in found] == IMAGES.tolist()
    assert (source.class_names, said(source)) == (("5", "7"), [])


def test_given_parts(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x_train=IMAGES, y_train=[0, 1, 0, 1], x_val=IMAGES[:1], y_val=[0],
               x_test=IMAGES[2:], y_test=[1, 2])  # fmt: skip
    found, source = rows(path)
    assert [one[:3] for one in found[3:]] == [
        ("train 4", "1", "train"), ("validation 1", "0", "validation"), ("test 1", "1", "test"), ("test 2", "2", "test")
    ]  # fmt: skip
    assert source.class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("images", "labels", "notes"),
    [
        (IMAGES.reshape(4, 9), [[0], [1], [0], [1]], []),
        (IMAGES[..., None], np.eye(2)[[0, 1, 0, 1]], []),
        (IMAGES.astype(np.float64), np.array([0.0, 1, 0, 1]), []),
        (IMAGES, ["0", "1", "0 ", "1"], []),
        (IMAGES / 255, [0, 1, 0, 1], ["The pixels from 0 to 1 were scaled to 0 to 255."]),
    ],
)
def test_arrays_in_other_forms(tmp_path: Path, images: np.ndarray, labels: Any, notes: list[str]) -> None:
    found, source = rows(npz(tmp_path / "a.npz", images=images, labels=np.array(labels)))
    assert ([one[1] for one in found], [one[3] for one in found]) == (["0", "1", "0", "1"], IMAGES.tolist())
    assert said(source) == notes


def test_colors_and_dark_images(tmp_path: Path) -> None:
    colors = noise(1, 4, 3, 3, 3)
    for images in (colors, np.moveaxis(colors, -1, 1)):
        # Three by three by three: only a last axis tells colors for sure.
        wide = np.concatenate([images] * 2, axis=2 if images is colors else 3)
        found, _source = rows(npz(tmp_path / "a.npz", images=wide, labels=[0, 1, 0, 1]))
        assert [one[3] for one in found] == np.concatenate([colors] * 2, axis=2).tolist()
    found, source = rows(npz(tmp_path / "b.npz", images=noise(3, 2, 1, 5, 4), labels=[0, 1]))
    assert [one[3] for one in found] == noise(3, 2, 1, 5, 4)[:, 0].tolist()
    assert said(source) == ["The axis of the colors was moved to the end."]
    _found, source = rows(npz(tmp_path / "a.npz", images=IMAGES // 16, labels=[0, 1, 0, 1]))
    assert said(source) == ["The lightest pixel is 15 of 255: the images are very dark."]


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"a": IMAGES, "b": [0, 1]}, r"a\.npz holds the arrays a, b; expected x_train and y_train, images and labels"),
        ({"x": IMAGES, "y": [0, 1]}, r"a\.npz, y: the labels have shape \(2,\); expected one .* for each of 4"),
        ({"x": IMAGES, "y": ["a", "b", " ", "a"]}, r"a\.npz: image 3 has no label\. Give each image one label"),
        ({"x": IMAGES, "y": [0, 1, 0.5, 1]}, "expected one whole number or text"),
        ({"x": IMAGES - 300.0, "y": [0, 1, 0, 1]}, "the pixels lie between -.* expected 0 to 255, or 0 to 1"),
        ({"x": np.full((2, 3, 3), np.nan), "y": [0, 1]}, "the pixels lie between nan and nan"),
        ({"x": noise(0, 2, 5, 5, 4), "y": [0, 1]}, r"the images have shape \(2, 5, 5, 4\)"),
        ({"x": noise(0, 2, 7), "y": [0, 1]}, "flat ones must be square"),
        ({"x": IMAGES[:0], "y": []}, "x holds no images"),
        ({"x": np.array([{}, []], dtype=object), "y": [0, 1]}, r"a\.npz cannot be read: .*x: object"),
    ],
)
def test_arrays_that_are_no_images(tmp_path: Path, arrays: dict[str, Any], match: str) -> None:
    with pytest.raises(DatasetError, match=match):
        rows(npz(tmp_path / "a.npz", **arrays))


def test_arrays_past_the_limit(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", images=np.zeros((1000, 30, 30), np.uint8), labels=np.arange(1000))
    with (
        pytest.raises(DatasetError, match=r"a\.npz holds 1 MB of data, unpacked; the limit is 0 MB"),
        opened(path, Settings(home=tmp_path, image_set_bytes=100_000)),
    ):
        pass


def idx(path: Path, values: np.ndarray) -> Path:
    content = b"\x00\x00\x08" + struct.pack(f">B{values.ndim}I", values.ndim, *values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_idx_pairs_of_two_parts(tmp_path: Path) -> None:
    first = idx(tmp_path / "train-images-idx3-ubyte.gz", IMAGES)
    idx(tmp_path / "train-labels-idx1-ubyte.gz", np.array([0, 1, 0, 1], np.uint8))
    one_part, _source = rows(first)
    assert [one[:3] for one in one_part] == [("1", "0", None), ("2", "1", None), ("3", "0", None), ("4", "1", None)]
    idx(tmp_path / "t10k-images-idx3-ubyte.gz", IMAGES[:1])
    idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([1], np.uint8))
    for path in (first, tmp_path):
        found, source = rows(path)
        assert [(one[1], one[2]) for one in found] == [
            ("1", "test"), ("0", "train"), ("1", "train"), ("0", "train"), ("1", "train")
        ]  # fmt: skip
        assert [one[3] for one in found[1:]] == IMAGES.tolist()
        assert said(source) == []


def test_emnist_is_turned_upright_and_its_letters_are_named(tmp_path: Path) -> None:
    upright = noise(2, 26, 5, 5)
    for name in ("emnist-letters-train", "renamed"):
        folder = tmp_path / name
        folder.mkdir()
        idx(folder / f"{name}-images-idx3-ubyte", upright.transpose(0, 2, 1))
        idx(folder / f"{name}-labels-idx1-ubyte", np.arange(1, 27, dtype=np.uint8))
        found, source = rows(folder)
        assert "".join(source.class_names) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert [one[3] for one in found] == upright.tolist()
        assert (found[0][1], found[25][1]) == ("A", "Z")
        assert said(source) == [
            "These files are EMNIST's, whose images are transposed; they were turned upright.",
            "The labels 1 to 26 are the letters A to Z.",
        ]


@pytest.mark.parametrize(("kind", "label", "name"), [("balanced", 46, "t"), ("byclass", 61, "z"), ("digits", 9, "9")])
def test_classes_of_the_parts_of_emnist(tmp_path: Path, kind: str, label: int, name: str) -> None:
    idx(tmp_path / f"emnist-{kind}-test-images-idx3-ubyte", IMAGES)
    idx(tmp_path / f"emnist-{kind}-test-labels-idx1-ubyte", np.array([0, label, 0, label], np.uint8))
    found, _source = rows(tmp_path)
    assert [one[1] for one in found] == ["0", name, "0", name]


def test_idx_files_that_do_not_match(tmp_path: Path) -> None:
    path = idx(tmp_path / "a-images-idx3-ubyte", IMAGES)
    with pytest.raises(
        DatasetError, match="expected the IDX files of one dataset, images and labels; received those of 0"
    ):
        rows(path)
    labels = idx(tmp_path / "a-labels-idx1-ubyte", np.array([1], np.uint8))
    with pytest.raises(DatasetError, match=r"4 images of shape \(3, 3\) do not match labels of shape \(1,\)"):
        rows(path)
    labels.write_bytes(b"\x00\x00\x08\x01\x00\x00\x00\x09ab")
    with pytest.raises(DatasetError, match=r"a-labels-idx1-ubyte cannot be read: announces 9 values but holds 2"):
        rows(path)


def test_kaggles_digits_become_a_dataset(tmp_path: Path, shared_data: Path) -> None:
    with np.load(shared_data / "mnist.npz") as archive:
        digits, labels = archive["x_train"][:200], archive["y_train"][:200]
    header = ",".join(["label", *(f"pixel{number}" for number in range(784))])
    table = np.column_stack([labels, digits.reshape(200, -1)])
    np.savetxt(tmp_path / "train.csv", table, fmt="%d", delimiter=",", header=header, comments="")
    sets = ImageSets(Settings(home=tmp_path / "home"))
    made = sets.create(tmp_path / "train.csv")
    assert (made.name, made.class_names, made.shape.input_shape) == ("train", tuple("0123456789"), (28, 28, 1))
    dataset = sets.load(made.id)
    pixels = {image.tobytes(): label for image, label in zip(digits, labels, strict=True)}
    every = [*zip(dataset.x_train, dataset.y_train, strict=True), *zip(dataset.x_test, dataset.y_test, strict=True)]
    assert len(every) == 200
    assert all(pixels[image.tobytes()] == label for image, label in every)
