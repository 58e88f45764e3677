"""Kept drawings on real files, and every kind of file that cannot be taken in."""

from __future__ import annotations

import io
import pickle
import sqlite3
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab.errors import CNNLabError, StoreError
from cnnlab.runs import drawings as module
from cnnlab.runs.drawings import Drawings
from cnnlab.runs.store import RunStore
from cnnlab.training import drawings_file
from cnnlab.vision.drawing_checks import UnusualDrawings


@pytest.fixture
def kept(tmp_path: Path) -> Drawings:
    return Drawings(RunStore(tmp_path))


def digit(n: int) -> np.ndarray:
    """A picture with `n` white pixels and one grey one."""
    image = np.zeros((28, 28), np.float32)
    image.flat[:n] = 1
    image[27, 27] = 0.5
    return image


def labels(kept: Drawings, collection: str = "mine") -> list[int]:
    return [drawing.label for drawing in kept.of(collection)]


def test_a_session_without_a_name_has_no_nickname(kept: Drawings) -> None:
    kept.keep("mine", 1, digit(1), who="0123456789ab")
    assert [drawing.nickname for drawing in kept.of("mine")] == [""]


def test_a_drawing_is_as_it_was_given(kept: Drawings) -> None:
    before = time.time()
    first = kept.keep("mine", 7, digit(7), "Ada")
    second = kept.keep("mine", 2, digit(2))
    one, two = kept.of("mine")
    assert (one.id, one.collection, one.label, one.who) == (first, "mine", 7, "Ada")
    assert before <= one.created <= two.created <= time.time()
    assert (two.id, two.label, two.who) == (second, 2, "")
    assert (one.nickname, two.nickname) == ("Ada", "")
    assert one.image.dtype == np.uint8 and one.image[27, 27] == 128
    assert (one.image == (digit(7) * 255).round()).all()
    assert Image.open(io.BytesIO(one.png)).mode == "L"
    images, truth = kept.images("mine")
    assert (images.shape, images.dtype, truth.dtype, truth.tolist()) == ((2, 28, 28, 1), np.uint8, np.int64, [7, 2])
    np.testing.assert_array_equal(images[..., 0], [one.image, two.image])


def test_nothing_is_lost_by_closing(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    Drawings(store).keep("mine", 3, digit(3))
    before = Drawings(store).of("mine")
    store.close()
    assert Drawings(RunStore(tmp_path)).of("mine") == before


def test_drawings_of_an_earlier_lab_which_kept_the_canvas_too(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    kept = Drawings(store)
    kept.keep("mine", 3, digit(3))
    (drawing,) = kept.of("mine")
    with store.transaction() as database:
        database.execute(
            "INSERT INTO drawings (collection, label, who, created, image, canvas) VALUES (?, ?, ?, ?, ?, ?)",
            ("mine", 4, "Ada", 1.0, drawing.png, drawing.png),
        )
    store.close()
    again = Drawings(RunStore(tmp_path))
    assert again.of("mine") == [drawing, replace(drawing, id=drawing.id + 1, label=4, who="Ada", created=1.0)]


def test_collections_the_last_used_first(kept: Drawings) -> None:
    assert kept.collections() == []
    for name in ("b", "숫자", "b", "a"):
        kept.keep(name, 1, digit(1))
    assert kept.collections() == [("a", 1), ("b", 2), ("숫자", 1)]
    assert kept.of("c") == []
    images, truth = kept.images("c")
    assert (images.shape, truth.shape) == ((0, 28, 28, 1), (0,))


def test_names_are_kept_without_space_and_composed(kept: Drawings) -> None:
    kept.keep("  나의 숫자\n", 1, digit(1))
    kept.keep("나의 숫자", 2, digit(2))  # as a Mac writes it
    kept.keep("x" * 60, 3, digit(3))
    assert kept.collections() == [("x" * 60, 1), ("나의 숫자", 2)]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\nb", "a\x00b", "a\ud800", "a\u2028b"])
def test_names_that_cannot_be(kept: Drawings, name: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        kept.keep(name, 1, digit(1))
    assert refused.value.sentences() == (
        "A collection's name must have 1 to 60 characters, on one line.",
        "Choose another name.",
    )
    assert kept.collections() == []


def test_labels_can_be_corrected(kept: Drawings) -> None:
    first, _second = (kept.keep("mine", n, digit(n)) for n in (1, 2))
    kept.relabel(first, 9)
    assert labels(kept) == [9, 2]
    for wrong in (-1, 10):
        with pytest.raises(CNNLabError, match=rf"must be a digit from 0 to 9; received {wrong}\."):
            kept.relabel(first, wrong)
        with pytest.raises(CNNLabError, match=rf"must be a digit from 0 to 9; received {wrong}\."):
            kept.keep("mine", wrong, digit(1))
    assert labels(kept) == [9, 2]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.zeros((28, 28, 1)), "expected float32 (28, 28), received float64 (28, 28, 1)"),
        (np.full((28, 28), np.nan), "expected float32 (28, 28), received float64 (28, 28)"),
    ],
)
def test_what_is_no_drawing(kept: Drawings, image: np.ndarray, expected: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        kept.keep("mine", 1, image)
    assert refused.value.sentences() == (f"This is not a drawing: {expected}.", "Draw it again.")


def test_what_was_removed_can_be_brought_back(kept: Drawings) -> None:
    ids = [kept.keep("mine", n, digit(n)) for n in range(5)]
    kept.remove([ids[1], ids[3], 999])
    assert labels(kept) == [0, 2, 4]
    assert kept.collections() == [("mine", 3)]
    assert kept.images("mine")[1].tolist() == [0, 2, 4]
    kept.restore([ids[3], 999])
    assert labels(kept) == [0, 2, 3, 4]
    kept.remove(ids)
    assert kept.collections() == []
    kept.restore(ids)
    assert labels(kept) == [0, 1, 2, 3, 4]


def test_after_a_day_it_is_gone(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    kept = Drawings(store)
    long_ago, just_now, _never = (kept.keep("mine", n, digit(n)) for n in range(3))
    kept.remove([long_ago, just_now])
    with store.transaction() as database:
        database.execute("UPDATE drawings SET removed = removed - 86401 WHERE id = ?", (long_ago,))
    again = Drawings(store)
    again.restore([long_ago, just_now])
    assert labels(again) == [1, 2]


def test_a_collection_can_be_full(kept: Drawings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DRAWINGS", 3)
    ids = [kept.keep("mine", n, digit(n)) for n in range(3)]
    full = r"^The collection “mine” would have more than 3 drawings\. Start another collection\.$"
    with pytest.raises(CNNLabError, match=full):
        kept.keep("mine", 3, digit(3))
    kept.keep("other", 3, digit(3))
    kept.remove(ids[:1])
    with pytest.raises(CNNLabError, match=full):
        kept.add_npz(kept.as_npz("mine"), "mine")
    kept.keep("mine", 4, digit(4))
    with pytest.raises(CNNLabError, match=full):
        kept.restore(ids[:1])
    assert labels(kept) == [1, 2, 4]


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    kept = Drawings(store)
    kept.keep("mine", 1, digit(1))
    pages = store.rows("PRAGMA page_count")[0][0]
    store.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"cannot be used \(database or disk is full\)"):
        kept.add_npz(drawings_file.pack(np.zeros((2000, 28, 28, 1), np.uint8), np.zeros(2000, int)), "mine")
    assert labels(kept) == [1]


def test_two_stores_see_the_same(tmp_path: Path) -> None:
    one, other = Drawings(RunStore(tmp_path)), Drawings(RunStore(tmp_path))
    one.keep("mine", 1, digit(1))
    other.keep("mine", 2, digit(2))
    assert labels(one) == labels(other) == [1, 2]


# Files


def test_a_collection_as_an_npz_and_back(kept: Drawings) -> None:
    for n in (3, 1, 4):
        kept.keep("mine", n, digit(n), who="Ada")
    content = kept.as_npz("mine")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        assert sorted(file.files) == ["x", "y"]
        images, truth = kept.images("mine")
        np.testing.assert_array_equal(file["x"], images)
        np.testing.assert_array_equal(file["y"], truth)
    ids = kept.add_npz(content, "copy", "Bo")
    assert [drawing.id for drawing in kept.of("copy")] == ids
    assert {drawing.who for drawing in kept.of("copy")} == {"Bo"}
    np.testing.assert_array_equal(kept.images("copy")[0], images)
    assert labels(kept, "copy") == [3, 1, 4]
    kept.remove(ids)
    assert kept.collections() == [("mine", 3)]


def test_a_collection_as_pictures(kept: Drawings) -> None:
    for n in (3, 1, 3):
        kept.keep("mine", n, digit(n))
    with zipfile.ZipFile(io.BytesIO(kept.as_pngs("mine"))) as archive:
        assert archive.namelist() == ["3-00001.png", "1-00002.png", "3-00003.png"]
        picture = Image.open(io.BytesIO(archive.read("1-00002.png")))
        np.testing.assert_array_equal(np.asarray(picture), (digit(1) * 255).round())


X, Y = np.zeros((2, 28, 28, 1), np.uint8), np.array([1, 2])


def npz(save: Callable[..., None] = np.savez, **arrays: object) -> bytes:
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        npz(x=X, y=Y),
        npz(np.savez_compressed, x=X[..., 0], y=Y.astype(np.uint8)),
        npz(x=np.asfortranarray(X), y=Y.astype(">i4"), more=Y),
    ],
)
def test_files_that_others_could_have_written(kept: Drawings, content: bytes) -> None:
    assert len(kept.add_npz(content, "mine")) == 2
    assert labels(kept) == [1, 2]


def test_what_lies_by_columns_is_not_turned(kept: Drawings) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 28, 28, 1), np.uint8)
    kept.add_npz(npz(x=np.asfortranarray(images), y=np.arange(3)), "mine")
    np.testing.assert_array_equal(kept.images("mine")[0], images)


def zipped(method: int = zipfile.ZIP_DEFLATED, **entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def announcing(shape: str, values: bytes = b"", descr: str = "'|u1'") -> bytes:
    """An .npy whose header says what it likes."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values


def damaged(content: bytes) -> bytes:
    """One byte of the first array's numbers is another one."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]


def locked(content: bytes) -> bytes:
    """The same archive, which says that it is encrypted."""
    changed = bytearray(content)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := content.find(mark, start)) >= 0:
            changed[start + flags] |= 1
            start += 1
    return bytes(changed)


class Harmful:
    """What pickle would run."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return pytest.fail, ("a stranger's code was run",)


BOMB = zipped(x=announcing("(1000000, 28, 28, 1)", bytes(30_000_000)), y=npy(Y))
OBJECTS = npy(np.zeros(2)).replace(b"'<f8'", b"'|O'  ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "File is not a zip file"),
        (b"\x89PNG\r\n\x1a\n" * 9, "File is not a zip file"),
        (pickle.dumps(Harmful()), "File is not a zip file"),
        (npz(x=X, y=Y)[:-100], "File is not a zip file"),
        (damaged(npz(x=X, y=Y)), "Bad CRC-32 for file 'x.npy'"),
        (locked(npz(x=X, y=Y)), "is encrypted"),
        (zipped(zipfile.ZIP_LZMA, x=npy(X), y=npy(Y)), "x: zip 14"),
        (zipped(x=b"", y=npy(Y)), "EOF: reading magic string"),
        (zipped(x=b"nothing of the kind", y=npy(Y)), "the magic string is not correct"),
        (zipped(x=announcing("(2, 28"), y=npy(Y)), "EOF in multi-line statement"),
        (zipped(x=announcing("(2, 28, 28, 1)", bytes(5)), y=npy(Y)), "x: 5 ≠ 2×28×28×1"),
        (zipped(x=announcing("(10**12, 28, 28, 1)"), y=npy(Y)), "malformed node"),
        (zipped(x=announcing("(1000000000000, 28, 28, 1)"), y=npy(Y)), "x: 0 ≠ 1000000000000×28×28×1"),
        (zipped(x=announcing("(2, -28, -28, 1)", bytes(1568)), y=npy(Y)), "can only specify one unknown dimension"),
        (zipped(x=announcing("(2,)", bytes(5), "'<i4'"), y=npy(Y)), "buffer size must be a multiple of element size"),
        (zipped(x=npy(X), y=OBJECTS[:128] + pickle.dumps([Harmful(), 1])), "y: object"),
        (npz(x=X, y=np.array([Harmful(), 1], object)), "y: object"),
        (npz(x=X, y=np.zeros(2, [("a", int)])), "y: [('a', '<i8')]"),
        (BOMB, "x: 30,000,128 bytes"),
    ],
)
def test_what_is_no_file_of_drawings(kept: Drawings, content: bytes, reason: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        kept.add_npz(content, "mine")
    problem, remedy = refused.value.sentences()
    assert problem.startswith("This file contains no drawings, or it is damaged (")
    assert reason in problem
    assert remedy == "Choose an .npz file downloaded from CNN Lab."
    assert kept.collections() == []


def test_a_bomb_is_not_unpacked() -> None:
    assert len(BOMB) < 100_000
    # One that lies about its size: a thousand bytes announced, thirty million there.
    lying = BOMB.replace(struct.pack("<I", 30_000_128), struct.pack("<I", 1000))
    assert lying != BOMB
    with pytest.raises(CNNLabError, match="Bad CRC-32"):
        drawings_file.unpack(lying)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (X.astype(np.float32), Y, "received x: float32 (2, 28, 28, 1) and y: int64 (2,)."),
        (np.zeros((2, 32, 32, 3), np.uint8), Y, "received x: uint8 (2, 32, 32, 3) and y: int64 (2,)."),
        (np.zeros((2, 784), np.uint8), Y, "received x: uint8 (2, 784) and y: int64 (2,)."),
        (X, Y[:1], "received x: uint8 (2, 28, 28, 1) and y: int64 (1,)."),
        (X, np.eye(2), "received x: uint8 (2, 28, 28, 1) and y: float64 (2, 2)."),
        (np.uint8(1), np.int64(1), "received x: uint8 () and y: int64 ()."),
        (X, Y / 1.0, "received float64 1 … 2."),
        (X, np.array([0, np.nan]), "received float64 nan … nan."),
        (X, np.array([-1, 2]), "received int64 -1 … 2."),
        (X, np.array([0, 10]), "received int64 0 … 10."),
        (X, np.array([0, 2**64 - 1], np.uint64), "received uint64 0 … 1.84467e+19."),
        (X[:0], Y[:0], "The file has 0 drawings; expected 1 to 20,000."),
    ],
)
def test_arrays_that_are_no_drawings(kept: Drawings, x: np.ndarray, y: np.ndarray, said: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        kept.add_npz(npz(x=x, y=y), "mine")
    assert refused.value.sentences()[0].endswith(said)
    assert kept.collections() == []


GRAY = "as whole numbers from 0 to 255 (uint8)."


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (npz(images=X, labels=Y), 'np.savez("drawings.npz", x=images, y=labels)'),
        (npz(x_train=X, y_train=Y, x_test=X, y_test=Y), 'np.savez("drawings.npz", x=x_train, y=y_train)'),
        (npz(arr_0=X, arr_1=Y), 'np.savez("drawings.npz", x=arr_0, y=arr_1)'),
        (npz(a=X, b=Y), 'np.savez("drawings.npz", x=x, y=y)'),
        (npz(x=X, labels=Y), 'np.savez("drawings.npz", x=x, y=labels)'),
        (npz(x=X.reshape(2, 784), y=Y), "Give every image two axes: x.reshape(-1, 28, 28), " + GRAY),
        (npz(x=X.reshape(2, 1, 28, 28), y=Y), "Move the channel axis to the end: x.reshape(-1, 28, 28), " + GRAY),
        (npz(x=np.zeros((2, 28, 28, 3)), y=Y), 'from color to gray: x[..., :3].mean(axis=-1).astype("uint8").'),
        (npz(x=np.zeros((2, 32, 32), np.uint8), y=Y), "Resize the images to 28×28 pixels, gray, " + GRAY),
        (npz(x=X.astype(np.float32), y=Y), 'If they are 0 to 1: (x * 255).round().astype("uint8");'),
        (npz(x=X.astype(bool), y=Y), 'If they are 0 to 1: (x * 255).round().astype("uint8");'),
        (npz(x=X.astype(int), y=Y), 'from 0 (black) to 255 (white): x.astype("uint8").'),
        (npz(x=X, y=np.eye(10)[:2]), "Replace the one-hot labels by numbers: y.argmax(axis=1)."),
        (npz(x=X, y=Y[:, np.newaxis]), "Give the labels a single axis: y.ravel()."),
        (npz(x=X, y=Y[:1]), "Give every image one label, a whole number from 0 to 9."),
        (npz(x=X, y=np.array(["1", "2"])), "Convert the labels to whole numbers: y.astype(int)."),
        (npz(x=X, y=np.array([True, False])), "Convert the labels to whole numbers: y.astype(int)."),
        (npz(x=X, y=Y / 1.0), "Convert the labels to whole numbers: y.astype(int)."),
        (npz(x=X, y=np.array([1, 10])), "If 10 means the digit 0, replace it: y % 10."),
        (npz(x=X, y=np.array([1, 26])), "They look like letters, but drawings are digits:"),
        (npz(x=X, y=np.array([-1, 2])), "Correct them, or choose another file."),
        (npz(x=X.reshape(2, 784), y=np.eye(10)[:2]), "Replace the one-hot labels by numbers: y.argmax(axis=1)."),
        # Larger than any file of the Lab's: what it is can be said without reading it.
        (npz(np.savez_compressed, x=np.zeros((6000, 28, 28)), y=np.zeros(6000)), "Convert the pixels to whole numbers"),
    ],
)
def test_a_file_in_another_format_is_refused_with_what_to_change(kept: Drawings, content: bytes, remedy: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        kept.add_npz(content, "mine")
    assert remedy in refused.value.sentences()[1]
    assert "downloaded from CNN Lab" not in refused.value.sentences()[1]
    assert kept.collections() == []


def test_unusual_drawings_are_added_only_as_the_user_says(kept: Drawings) -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 255
    content = npz(x=255 - np.stack([image, image]), y=np.array([1, 1]))
    with pytest.raises(UnusualDrawings) as question:
        kept.add_npz(content, "mine")
    assert question.value.corrections == ("invert",)
    assert kept.collections() == []
    kept.add_npz(content, "corrected", corrections=question.value.corrections)
    assert (kept.images("corrected")[0][..., 0] == image).all()
    kept.add_npz(content, "as it is", corrections=())
    assert (kept.images("as it is")[0][..., 0] == 255 - image).all()


def test_too_many_and_too_large() -> None:
    many = np.zeros((20_001, 28, 28), np.uint8)
    with pytest.raises(CNNLabError, match=r"^The file has 20,001 drawings; expected 1 to 20,000\."):
        drawings_file.unpack(npz(np.savez_compressed, x=many, y=np.zeros(20_001, np.uint8)))
    images, _ = drawings_file.unpack(drawings_file.pack(many[:20_000, ..., np.newaxis], np.zeros(20_000, int)))
    assert len(images) == 20_000
    with pytest.raises(CNNLabError, match=r"^The file is 20\.0 MB; the limit is 20 MB\."):
        drawings_file.unpack(bytes(20_000_001))


def test_an_older_home_gets_the_table(tmp_path: Path) -> None:
    RunStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "cnnlab.sqlite3") as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    database.close()
    assert "drawings" not in tables
    assert Drawings(RunStore(tmp_path)).collections() == []
