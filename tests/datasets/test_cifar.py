"""CIFAR-10: batches pickled by Python 2, in a tar file or a folder, and what must not get through."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from cnnlab.datasets import DATASETS, available
from cnnlab.datasets.checks import Arrays
from cnnlab.datasets.loading import load_info
from cnnlab.errors import DatasetError
from tests.datasets.conftest import MakeSettings, tiny_arrays, tiny_info

BATCHES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")


class Python2Pickler(pickle._Pickler):  # type: ignore[name-defined,misc]
    """Writes text and bytes as Python 2 wrote its `str`, which is how the published batches are made."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_string(self, value: str | bytes) -> None:
        data = value.encode() if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_string


def python2_pickle(value: Any) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue()


def batches(arrays: Arrays, pickled: Any = python2_pickle) -> dict[str, bytes]:
    """Five training batches and the test batch, laid out as published: a row an image, channel after channel."""
    parts = [
        *zip(np.split(arrays.x_train, 5), np.split(arrays.y_train, 5), strict=True),
        (arrays.x_test, arrays.y_test),
    ]
    return {
        name: pickled(
            {"batch_label": name, "labels": y.tolist(), "data": x.transpose(0, 3, 1, 2).reshape(len(x), 3072)}
        )
        for name, (x, y) in zip(BATCHES, parts, strict=True)
    }


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in {"readme.html": b"<html>", **files}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


@pytest.fixture
def arrays() -> Arrays:
    return tiny_arrays(DATASETS["cifar-10"], train=50, test=10)


@pytest.mark.parametrize(
    ("below", "write"),
    [
        ("cifar-10-python.tar.gz", write_tar),
        ("cifar-10-batches-py", write_folder),
        ("cifar-10-batches-py-target/cifar-10-batches-py", write_folder),
        ("cifar-10-batches-py-target_archive", write_tar),
        ("cifar-10-batches-py.tar.gz", write_tar),
    ],
)
def test_every_place_and_name(
    below: str, write: Any, arrays: Arrays, make_settings: MakeSettings, away_from_home: Path
) -> None:
    write(away_from_home / "datasets" / below, batches(arrays))
    assert available("cifar-10", make_settings())
    dataset = load_info(tiny_info("cifar-10", arrays), make_settings())
    assert dataset.input_shape == (32, 32, 3)
    for loaded, given in zip((dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test), arrays, strict=True):
        np.testing.assert_array_equal(loaded, given)


def test_batches_that_python_3_pickled(arrays: Arrays, make_settings: MakeSettings, tmp_path: Path) -> None:
    def pickled(batch: dict[str, Any]) -> bytes:
        return pickle.dumps({key.encode(): value for key, value in batch.items()}, protocol=4)

    write_tar(tmp_path / "cifar-10-python.tar.gz", batches(arrays, pickled))
    dataset = load_info(tiny_info("cifar-10", arrays), make_settings(tmp_path))
    np.testing.assert_array_equal(dataset.x_train, arrays.x_train)


class Trap:
    """What an attacker would put in a batch: runs a command when it is opened carelessly."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.marker}'",)


@pytest.mark.parametrize("write", [write_tar, write_folder])
def test_a_pickle_that_runs_a_command_is_refused(
    write: Any, arrays: Arrays, make_settings: MakeSettings, tmp_path: Path
) -> None:
    trap = pickle.dumps({b"labels": [], b"data": Trap(tmp_path / "ran")}, protocol=4)
    name = "cifar-10-python.tar.gz" if write is write_tar else "cifar-10-batches-py"
    write(tmp_path / name, batches(arrays) | {"data_batch_3": trap})
    with pytest.raises(DatasetError, match=r"it requests posix\.system, which does not belong in a data file"):
        load_info(tiny_info("cifar-10", arrays), make_settings(tmp_path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["builtins.eval", "builtins.getattr", "numpy.load", "numpy.f2py.compile"])
def test_nothing_but_arrays_gets_through(
    name: str, arrays: Arrays, make_settings: MakeSettings, tmp_path: Path
) -> None:
    module, _, function = name.rpartition(".")
    content = f"c{module}\n{function}\n.".encode()
    write_tar(tmp_path / "cifar-10-python.tar.gz", batches(arrays) | {"test_batch": content})
    with pytest.raises(DatasetError, match=f"it requests {name}"):
        load_info(tiny_info("cifar-10", arrays), make_settings(tmp_path))


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        (pickle.dumps([1, 2], protocol=2), "data_batch_2 contains no array of images"),
        (python2_pickle({"data": np.zeros((10, 3072), np.uint8), "labels": [300] * 10}), "from 0 to 255"),
        (python2_pickle({"data": np.zeros((10, 3072), np.uint8)}), "labels"),
        (python2_pickle({"data": np.zeros((10, 3071), np.uint8), "labels": [0] * 10}), "cannot reshape"),
        (python2_pickle({"data": np.zeros((10, 3072)), "labels": [0] * 10}), "dtype uint8; received .* float64"),
        (python2_pickle({"data": np.zeros((10, 3072), np.uint8), "labels": [0] * 10}), "5 images per class"),
        (python2_pickle({"data": np.zeros((9, 3072), np.uint8), "labels": [0] * 9}), r"received \(49, 32, 32, 3\)"),
        (b"", "Ran out of input"),
    ],
    ids=["list", "labels too large", "no labels", "row too short", "floats", "one class", "too few", "empty"],
)
def test_a_batch_that_is_not_one_is_refused(
    batch: bytes, reason: str, arrays: Arrays, make_settings: MakeSettings, tmp_path: Path
) -> None:
    path = write_tar(tmp_path / "cifar-10-python.tar.gz", batches(arrays) | {"data_batch_2": batch})
    with pytest.raises(DatasetError, match=reason) as caught:
        load_info(tiny_info("cifar-10", arrays), make_settings(tmp_path))
    assert str(path) in str(caught.value)


def test_missing_batches_and_damaged_archives(arrays: Arrays, make_settings: MakeSettings, tmp_path: Path) -> None:
    info, whole = tiny_info("cifar-10", arrays), batches(arrays)
    some = {name: content for name, content in whole.items() if name != "data_batch_4"}
    path = write_tar(tmp_path / "tar" / "cifar-10-python.tar.gz", some)
    with pytest.raises(DatasetError, match="data_batch_4 missing"):
        load_info(info, make_settings(path.parent))
    path.write_bytes(write_tar(path, whole).read_bytes()[:20_000])
    with pytest.raises(DatasetError, match=r"cifar-10-python\.tar\.gz cannot be read"):
        load_info(info, make_settings(path.parent))
    write_folder(tmp_path / "folder" / "cifar-10-batches-py", some)
    with pytest.raises(DatasetError, match="data_batch_4"):
        load_info(info, make_settings(tmp_path / "folder"))


@pytest.mark.filterwarnings("ignore:Data type alias:DeprecationWarning")  # damage may spell an old name of a type
def test_damage_anywhere_in_a_batch_is_answered(arrays: Arrays, make_settings: MakeSettings, tmp_path: Path) -> None:
    info, files = tiny_info("cifar-10", arrays), batches(arrays)
    folder = write_folder(tmp_path / "cifar-10-batches-py", files)
    good = files["data_batch_1"]
    noise = np.random.default_rng(1)
    for place in (*range(200), *range(len(good) - 200, len(good))):
        for changed in noise.integers(0, 256, 3):
            (folder / "data_batch_1").write_bytes(good[:place] + bytes([changed]) + good[place + 1 :])
            try:
                load_info(info, make_settings(tmp_path))  # a changed pixel goes unnoticed: no digest is known
            except DatasetError as error:
                assert str(folder) in str(error)


def test_an_enormous_member_is_not_read(arrays: Arrays, make_settings: MakeSettings, tmp_path: Path) -> None:
    files = batches(arrays) | {"data_batch_1": b"\x00" * ((1 << 26) + 1)}
    write_tar(tmp_path / "cifar-10-python.tar.gz", files)
    with pytest.raises(DatasetError, match="data_batch_1 has 67108865 bytes; expected at most 67108864"):
        load_info(tiny_info("cifar-10", arrays), make_settings(tmp_path))
