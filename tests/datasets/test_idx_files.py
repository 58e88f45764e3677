"""IDX files under all the names that they have on the web, and MNIST's told from Fashion-MNIST's by their content."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnnlab.datasets import DATASETS, DatasetUnavailable, available, load
from cnnlab.datasets.checks import Arrays
from cnnlab.datasets.idx_files import find
from cnnlab.datasets.loading import load_info
from cnnlab.errors import DatasetError
from tests.datasets.conftest import MakeSettings, tiny_arrays, tiny_info, write_npz

DASHES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
DOTS = tuple(name.replace("-idx", ".idx") for name in DASHES)


def idx(array: np.ndarray) -> bytes:
    values = array[..., 0] if array.ndim == 4 else array
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes() + values.tobytes()


def write(folder: Path, arrays: Arrays, names: tuple[str, ...], packed: bool = False) -> None:
    for name, array in zip(names, arrays, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(gzip.compress(idx(array), compresslevel=1) if packed else idx(array))


def mnist_files(shared_data: Path, folder: Path) -> None:
    """All of MNIST as four IDX files."""
    with np.load(shared_data / "mnist.npz") as file:
        write(folder, Arrays(*(file[part] for part in Arrays._fields)), tuple(f"{name}.gz" for name in DASHES), True)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize(
    ("names", "packed"),
    [
        (tuple(f"{name}.gz" for name in DASHES), True),
        (DASHES, False),
        (DOTS, False),
        (tuple(f"{name}.gz" for name in DOTS), True),
        (tuple(f"{name}/{name}" for name in DASHES), False),
        (tuple(f"{name}.gz" for name in DASHES), False),
        ((f"{DASHES[0]}.gz", DOTS[1], f"{DOTS[2]}/{DOTS[2]}", f"{DASHES[3]}.gz"), False),
    ],
    ids=["published", "unzipped", "dotted", "dotted gz", "Kaggle's folders", "unzipped by a browser", "mixed"],
)
def test_every_usual_name(
    name: str, names: tuple[str, ...], packed: bool, make_settings: MakeSettings, tmp_path: Path
) -> None:
    arrays = tiny_arrays(DATASETS[name])
    write(tmp_path, arrays, names, packed)
    dataset = load_info(tiny_info(name, arrays), make_settings(tmp_path))
    np.testing.assert_array_equal(dataset.x_train, arrays.x_train)
    assert dataset.y_test.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("name", "below"),
    [
        *(("mnist", below) for below in ("MNIST/raw", "MNIST", "mnist", "raw", "")),
        *(("fashion-mnist", below) for below in ("fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "raw", "")),
    ],
)
def test_every_usual_folder(name: str, below: str, make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = tiny_arrays(DATASETS[name])
    write(tmp_path / below, arrays, DASHES)
    assert load_info(tiny_info(name, arrays), make_settings(tmp_path)).classes == 10


def test_three_files_are_no_set(tmp_path: Path) -> None:
    write(tmp_path, tiny_arrays(DATASETS["mnist"]), DASHES)
    assert find(tmp_path) == [tmp_path / name for name in DASHES]
    (tmp_path / DASHES[2]).unlink()
    assert find(tmp_path) is None
    (tmp_path / DASHES[2]).mkdir()
    assert find(tmp_path) is None


def test_a_text_under_an_unpacked_name_is_no_idx_file(make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = tiny_arrays(DATASETS["mnist"])
    write(tmp_path, arrays, DASHES)
    (tmp_path / DASHES[0]).write_text("label,pixel1")
    with pytest.raises(DatasetError, match="not an IDX file of unsigned bytes") as caught:
        load_info(tiny_info("mnist", arrays), make_settings(tmp_path))
    assert str(tmp_path / DASHES[0]) in str(caught.value)


def test_mnist_and_fashion_are_told_apart_and_the_search_goes_on(
    shared_data: Path, make_settings: MakeSettings, tmp_path: Path
) -> None:
    mnist_files(shared_data, tmp_path)
    alone = make_settings(tmp_path)
    assert available("mnist", alone) and not available("fashion-mnist", alone)
    digits = load("mnist", alone)
    assert digits.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # The same settings find Fashion-MNIST in the next folder, whose files have the same names.
    both = make_settings(tmp_path, shared_data / "fashion-mnist")
    assert available("fashion-mnist", both)
    clothes = load("fashion-mnist", both)
    assert clothes.class_names[int(clothes.y_train[0])] == "Ankle boot"
    # And the other way round: Fashion-MNIST comes first, and MNIST is found behind it.
    other = make_settings(shared_data / "fashion-mnist", tmp_path)
    assert load("mnist", other).y_test[:5].tolist() == [7, 2, 1, 0, 4]


def test_what_else_lies_there_is_said_if_nothing_is_found(
    shared_data: Path, make_settings: MakeSettings, tmp_path: Path
) -> None:
    mnist_files(shared_data, tmp_path / "fashion-mnist")
    info = DATASETS["fashion-mnist"]
    away = replace(info, files=tuple(replace(file, url="http://127.0.0.1:9/x") for file in info.files))
    with pytest.raises(DatasetUnavailable) as caught:
        load_info(away, make_settings(tmp_path, seconds=0.5))
    assert f"where the files in {tmp_path / 'fashion-mnist'} are MNIST digits; tried" in str(caught.value)


def test_a_set_of_the_same_names_that_the_lab_does_not_know(make_settings: MakeSettings, tmp_path: Path) -> None:
    """As KMNIST: good files of another dataset, of which the folder's name says nothing, do not stop the search."""
    wanted, unknown = tiny_arrays(DATASETS["mnist"]), tiny_arrays(DATASETS["mnist"])
    unknown.x_train[0] = 0
    write(tmp_path / "unknown", unknown, DASHES)
    write_npz(tmp_path / "second" / "mnist.npz", wanted)
    info = tiny_info("mnist", wanted)
    assert load_info(info, make_settings(tmp_path / "unknown", tmp_path / "second")).classes == 10
    assert not available("mnist", make_settings(tmp_path / "unknown"))
    # In a folder that is named after the dataset, it is said.
    write(tmp_path / "MNIST" / "raw", unknown, DASHES)
    with pytest.raises(DatasetError, match=r"the content differs from the published MNIST digits") as caught:
        load_info(info, make_settings(tmp_path))
    assert "or move it to another folder." in caught.value.sentences()[1]
