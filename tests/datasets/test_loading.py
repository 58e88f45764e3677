"""Loading by name: the bundled sets, the full sets from a folder, the order of the search, and what is refused."""

from __future__ import annotations

import gzip
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from cnnlab.datasets import DATASETS, Dataset, DatasetUnavailable, available, load, scaled
from cnnlab.datasets.checks import Arrays, content_digest
from cnnlab.datasets.loading import load_info
from cnnlab.errors import DatasetError
from tests.datasets.conftest import MakeSettings, tiny_arrays, tiny_info, write_npz


def counts(labels: np.ndarray) -> list[int]:
    return np.bincount(labels).tolist()


def raw(dataset: Dataset) -> Arrays:
    labels = (dataset.y_train.astype(np.uint8), dataset.y_test.astype(np.uint8))
    return Arrays(dataset.x_train, labels[0], dataset.x_test, labels[1])


@pytest.mark.parametrize("name", ["mnist-5k", "digits-8x8"])
def test_bundled_sets_need_nothing(name: str, make_settings: MakeSettings) -> None:
    info, dataset = DATASETS[name], load(name, make_settings())
    assert available(name, make_settings())
    assert (dataset.name, dataset.input_shape, dataset.classes) == (name, info.input_shape, 10)
    assert dataset.x_train.shape == (info.train_size, *info.input_shape)
    assert dataset.x_test.shape == (info.test_size, *info.input_shape)
    assert dataset.x_train.dtype == dataset.x_test.dtype == np.uint8
    assert dataset.y_train.dtype == dataset.y_test.dtype == np.int64
    assert (dataset.x_train.min(), dataset.x_train.max()) == (0, 255)
    assert dataset.class_names == tuple("0123456789")
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0] = 0


def test_mnist_5k_is_split_the_same_way_every_time() -> None:
    dataset = load("mnist-5k")
    assert counts(dataset.y_test) == [85, 104, 87, 104, 95, 118, 116, 88, 105, 98]
    assert counts(np.concatenate([dataset.y_train, dataset.y_test])) == [500] * 10
    assert content_digest(raw(dataset)) == content_digest(raw(load("mnist-5k")))


def test_shuffled_digits_are_the_same_digits_with_every_pixel_moved_alike(make_settings: MakeSettings) -> None:
    plain, moved = load("mnist-5k"), load("mnist-5k-shuffled")
    assert moved.name == "mnist-5k-shuffled" and (moved.y_train == plain.y_train).all()
    columns = [images.reshape(-1, 784) for images in (plain.x_train, plain.x_test, moved.x_train, moved.x_test)]
    places = np.random.RandomState(1).permutation(784)
    assert (columns[2] == columns[0][:, places]).all() and (columns[3] == columns[1][:, places]).all()
    assert places[:3].tolist() == [649, 265, 111] and (np.sort(places) == np.arange(784)).all()
    with pytest.raises(ValueError, match="read-only"):
        moved.x_train[0] = 0
    assert available("mnist-5k-shuffled", make_settings()) and not available("mnist-shuffled", make_settings())


def test_mnist_5k_is_real_mnist(shared_data: Path, make_settings: MakeSettings) -> None:
    full, few = load("mnist", make_settings(shared_data)), load("mnist-5k")
    known = {x.tobytes(): y for x, y in zip(full.x_train, full.y_train, strict=True)}
    known |= {x.tobytes(): y for x, y in zip(full.x_test, full.y_test, strict=True)}
    for x, y in ((few.x_train, few.y_train), (few.x_test, few.y_test)):
        assert [known[image.tobytes()] for image in x] == y.tolist()


def test_tiny_digits_are_stretched_to_the_full_range() -> None:
    dataset = load("digits-8x8")
    theirs = load_digits()
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert sorted(x.tobytes() for x in both) == sorted(
        x.tobytes() for x in np.rint(theirs.images * (255 / 16)).astype(np.uint8)
    )
    stretched = [0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255]
    assert np.unique(dataset.x_train).tolist() == stretched
    assert counts(dataset.y_test) == [44, 38, 34, 36, 41, 33, 31, 30, 39, 34]


def test_scaled() -> None:
    result = scaled(np.array([[0, 51, 255]], dtype=np.uint8))
    assert result.dtype == np.float32
    assert result.tolist() == [[0.0, np.float32(0.2), 1.0]]


def test_full_mnist(shared_data: Path, make_settings: MakeSettings) -> None:
    start = time.process_time()
    dataset = load("mnist", make_settings(shared_data))
    assert time.process_time() - start < 5  # of this process; a tenth of that on most machines
    assert dataset.x_train.shape == (60_000, 28, 28, 1)
    assert dataset.x_test.shape == (10_000, 28, 28, 1)
    assert dataset.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert dataset.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert round(float(scaled(dataset.x_train).mean()), 4) == 0.1307  # the mean that every tutorial prints


@pytest.mark.parametrize("below", ["", "fashion-mnist"])
def test_full_fashion_mnist(below: str, shared_data: Path, make_settings: MakeSettings) -> None:
    dataset = load("fashion-mnist", make_settings(shared_data / below))
    assert dataset.x_train.shape == (60_000, 28, 28, 1)
    assert counts(dataset.y_train) == [6_000] * 10
    assert counts(dataset.y_test) == [1_000] * 10
    assert dataset.class_names[int(dataset.y_train[0])] == "Ankle boot"
    assert round(float(scaled(dataset.x_train).mean()), 4) == 0.286


def test_repacked_mnist_is_accepted_and_one_pixel_is_noticed(
    shared_data: Path, make_settings: MakeSettings, tmp_path: Path
) -> None:
    arrays = raw(load("mnist", make_settings(shared_data)))
    write_npz(tmp_path / "repacked" / "mnist.npz", arrays)
    assert content_digest(raw(load("mnist", make_settings(tmp_path / "repacked")))) == DATASETS["mnist"].digest

    arrays.x_test.setflags(write=True)
    arrays.x_test[9_999, 27, 27, 0] += 1
    path = write_npz(tmp_path / "changed" / "mnist.npz", arrays)
    with pytest.raises(
        DatasetError, match=r"differs from the published MNIST digits; expected the digest 06b0d1f124c4"
    ):
        load("mnist", make_settings(path.parent))


def test_unknown_name() -> None:
    with pytest.raises(
        DatasetError, match="no dataset called “mnits”; expected one of mnist-5k, digits-8x8, mnist, fash"
    ):
        load("mnits")
    with pytest.raises(DatasetError, match="no dataset called “mnits”"):
        available("mnits")


def _tiny() -> Arrays:
    return tiny_arrays(DATASETS["mnist"])


def test_a_wrong_shape_or_type_is_refused(make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = _tiny()
    info = tiny_info("mnist", arrays)
    write_npz(tmp_path / "mnist.npz", arrays._replace(x_test=arrays.x_test[:9]))
    with pytest.raises(DatasetError, match=r"x_test should have shape \(10, 28, 28, 1\) .* received \(9, 28, 28, 1\)"):
        load_info(info, make_settings(tmp_path))
    write_npz(tmp_path / "mnist.npz", arrays._replace(x_train=arrays.x_train / 255))
    with pytest.raises(DatasetError, match=r"x_train .* dtype uint8; received .* float64"):
        load_info(info, make_settings(tmp_path))


def test_labels_out_of_range_are_refused(make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = _tiny()
    arrays.y_train[3] = 10
    path = write_npz(tmp_path / "mnist.npz", arrays)
    with pytest.raises(DatasetError, match="labels in y_train should lie between 0 and 9; received 10") as caught:
        load_info(tiny_info("mnist", arrays), make_settings(tmp_path))
    assert str(path) in str(caught.value)


def test_object_arrays_are_refused(make_settings: MakeSettings, tmp_path: Path) -> None:
    np.savez(tmp_path / "mnist.npz", **_tiny()._asdict() | {"y_test": np.array([{}, []], dtype=object)})
    with pytest.raises(DatasetError, match=r"mnist\.npz cannot be read as part of MNIST digits: Object arrays"):
        load("mnist", make_settings(tmp_path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "No data left in file"),
        (b"<html>Please log in</html>", "pickled"),
        (b"PK\x03\x04 and then nothing", "not a zip file"),
        (
            b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|u1', 'fortran_order': False, 'shape': (0,), }".ljust(117) + b"\n",
            "npz",
        ),
    ],
    ids=["empty", "a web page", "no zip", "one array"],
)
def test_a_file_that_is_no_archive_is_refused(
    content: bytes, reason: str, make_settings: MakeSettings, tmp_path: Path
) -> None:
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(DatasetError, match=reason) as caught:
        load("mnist", make_settings(tmp_path))
    problem, remedy = caught.value.sentences()
    assert str(tmp_path / "mnist.npz") in problem
    assert "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz" in remedy


def test_damage_anywhere_in_an_archive_is_answered(make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = tiny_arrays(DATASETS["mnist"], train=10)
    info, path = tiny_info("mnist", arrays), write_npz(tmp_path / "mnist.npz", arrays)
    good = path.read_bytes()
    noise = np.random.default_rng(1)
    for place in (*range(0, 256, 3), *noise.integers(0, len(good), 60), *range(len(good) - 300, len(good), 5)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :])
        try:
            load_info(info, make_settings(tmp_path))  # a date in the zip's directory may change without harm
        except DatasetError as error:
            assert str(path) in str(error)
    for length in noise.integers(0, len(good), 20):
        path.write_bytes(good[:length])
        with pytest.raises(DatasetError, match=r"mnist\.npz cannot be read"):
            load_info(info, make_settings(tmp_path))


def _write_idx(folder: Path, arrays: Arrays) -> None:
    folder.mkdir(parents=True)
    for file, array in zip(DATASETS["fashion-mnist"].files, arrays, strict=True):
        values = array[..., 0] if array.ndim == 4 else array
        header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
        (folder / file.name).write_bytes(gzip.compress(header + values.tobytes(), compresslevel=1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda packed: packed[:-20], "end-of-stream"),
        (lambda packed: gzip.compress(gzip.decompress(packed)[:-1]), "announces 10 values but holds 9"),
        (lambda packed: gzip.compress(gzip.decompress(packed) + b"\x00"), "announces 10 values but holds more"),
        (lambda packed: gzip.compress(b"\x00\x00\x08\x02" + b"\xff" * 8), "announces 18446744065119617025 values"),
        (lambda packed: gzip.compress(b"\x00\x00\x0d\x01" + b"\x00" * 14), "not an IDX file"),
        (lambda packed: b"label,pixel1,pixel2", "Not a gzipped file"),
    ],
    ids=["cut off", "too short", "too long", "forged size", "floats", "text"],
)
def test_a_damaged_idx_file_is_named(change: object, reason: str, make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = tiny_arrays(DATASETS["fashion-mnist"])
    _write_idx(tmp_path / "fashion-mnist", arrays)
    info = tiny_info("fashion-mnist", arrays)
    assert load_info(info, make_settings(tmp_path)).y_test.tolist() == list(range(10))
    path = tmp_path / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DatasetError, match=reason) as caught:
        load_info(info, make_settings(tmp_path))
    assert str(path) in str(caught.value)


def test_the_order_of_the_search(make_settings: MakeSettings, tmp_path: Path, away_from_home: Path) -> None:
    arrays = _tiny()
    info, settings = tiny_info("mnist", arrays), make_settings(tmp_path / "none", tmp_path / "second", seconds=0.5)
    info = replace(info, files=(replace(info.files[0], url="http://127.0.0.1:9/mnist.npz"),))
    assert not available("mnist", settings)
    damaged = b"half a file"

    # An earlier download, or a file that somebody put there.
    kept = write_npz(settings.home / "datasets" / "mnist.npz", arrays)
    assert available("mnist", settings)
    assert load_info(info, settings).classes == 10

    # Keras writes into its cache under the final name: what is half-written there is passed over.
    cached = away_from_home / "datasets" / "mnist.npz"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(damaged)
    assert load_info(info, settings).classes == 10
    kept.unlink()
    with pytest.raises(DatasetUnavailable) as caught:
        load_info(info, settings)
    assert f"where {cached} cannot be used" in str(caught.value)
    write_npz(cached, arrays)
    assert load_info(info, settings).classes == 10

    # A folder that somebody named comes first, and what is damaged there is said.
    named = tmp_path / "second" / "mnist.npz"
    named.parent.mkdir()
    named.write_bytes(damaged)
    with pytest.raises(DatasetError, match=str(named)):
        load_info(info, settings)


def test_a_set_must_be_complete_in_one_folder(shared_data: Path, make_settings: MakeSettings, tmp_path: Path) -> None:
    shutil.copy(shared_data / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz", tmp_path)
    assert not available("fashion-mnist", make_settings(tmp_path))
    assert available("fashion-mnist", make_settings(tmp_path, shared_data))
