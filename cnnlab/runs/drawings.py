"""Labeled drawings in named collections, stored in the Lab's database.

A drawing is stored as the network's input (28×28, grayscale). Removing one only marks it, so that it can be restored;
marked drawings are deleted permanently when a Lab starts more than a day later.
"""

from __future__ import annotations

import io
import time
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.runs.run import nickname
from cnnlab.runs.store import RunStore
from cnnlab.training import drawings_file
from cnnlab.training.drawings_file import CLASSES, MAX_DRAWINGS, SHAPE
from cnnlab.training.spec import MAX_LETTERS
from cnnlab.vision import drawing_checks
from cnnlab.vision.drawing_checks import Correction

RESTORE_SECONDS = 24 * 3600

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS drawings ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, label INTEGER NOT NULL, who TEXT NOT NULL,"
    " created REAL NOT NULL, image BLOB NOT NULL, canvas BLOB, removed REAL) STRICT",
    "CREATE INDEX IF NOT EXISTS drawings_by_collection ON drawings (collection, removed)",
)
"""`canvas` stays empty: earlier versions of CNN Lab, which may open the same database, store an image there."""


@dataclass(frozen=True)
class Drawing:
    """One drawing. `created` is in seconds since 1970, `png` is the network's input."""

    id: int
    collection: str
    label: int
    who: str
    created: float
    png: bytes

    @property
    def nickname(self) -> str:
        """Nickname of the person who drew it; "" for a session without one."""
        return nickname(self.who)

    @property
    def image(self) -> np.ndarray:
        """uint8 (28, 28), 0 (black) to 255 (white ink)."""
        return _pixels(self.png)


class Drawings:
    """Stores drawings. Every method can raise StoreError."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        with store.transaction() as database:
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute("DELETE FROM drawings WHERE removed < ?", (time.time() - RESTORE_SECONDS,))

    def keep(self, collection: str, label: int, image: np.ndarray, who: str = "") -> int:
        """Store a drawing and return its id.

        Args:
            label: the digit that was drawn.
            image: the network's input, float32 (28, 28), 0 (black) to 1 (white ink).

        Raises:
            CNNLabError: the name, the label or the image is invalid, or the collection is full.
        """
        if image.shape != SHAPE[:2] or not np.isfinite(image).all():
            raise _not_a_drawing("float32 (28, 28)", image)
        pixels = (image.clip(0, 1) * 255).round().astype(np.uint8)
        (new,) = self._add(collection, [pixels], [int(label)], who)
        return new

    def add_npz(
        self, content: bytes, collection: str, who: str = "", corrections: tuple[Correction, ...] | None = None
    ) -> list[int]:
        """Add the drawings of an .npz file (see `as_npz`) to a collection and return their ids.

        Args:
            corrections: what to correct in them, as `UnusualDrawings.corrections` proposes; () adds them as they are.
                None: only drawings that need none.

        Raises:
            UnusualDrawings: `corrections` is None, and the drawings seem to be faint, dark on white or transposed.
            CNNLabError: the name is invalid, the collection would be too large, or see `drawings_file.unpack`.
        """
        images, labels = drawings_file.unpack(content)
        if corrections is None:
            drawing_checks.check(images, labels)
        images = drawing_checks.correct(images, corrections or ())
        return self._add(collection, images[..., 0], labels.tolist(), who)

    def _add(self, name: str, images: Iterable[np.ndarray], labels: Sequence[int], who: str) -> list[int]:
        collection = checked_name(name)
        pngs = [_png(image) for image in images]
        for label in labels:
            _check_label(label)
        ids = []
        with self._store.transaction() as database:
            for png, label in zip(pngs, labels, strict=True):
                added = database.execute(
                    "INSERT INTO drawings (collection, label, who, created, image) VALUES (?, ?, ?, ?, ?)",
                    (collection, label, who, time.time(), png),
                )
                ids.append(int(added.lastrowid or 0))
            self._check_room(collection)
        return ids

    def collections(self) -> list[tuple[str, int]]:
        """Return (name, number of drawings) per collection, most recently extended first."""
        found = self._store.rows(
            "SELECT collection, count(*) AS count FROM drawings WHERE removed IS NULL"
            " GROUP BY collection ORDER BY max(id) DESC"
        )
        return [(row["collection"], row["count"]) for row in found]

    def of(self, collection: str) -> list[Drawing]:
        """Return a collection's drawings, oldest first; empty if there is no such collection."""
        found = self._store.rows(
            "SELECT id, collection, label, who, created, image AS png FROM drawings"
            " WHERE collection = ? AND removed IS NULL ORDER BY id",
            collection,
        )
        return [Drawing(**dict(row)) for row in found]

    def relabel(self, drawing: int, label: int) -> None:
        """Correct a drawing's label; CNNLabError if it is not 0 to 9."""
        _check_label(label)
        with self._store.transaction() as database:
            database.execute("UPDATE drawings SET label = ? WHERE id = ?", (label, drawing))

    def remove(self, ids: Iterable[int]) -> None:
        """Remove drawings; they can be restored for a day."""
        with self._store.transaction() as database:
            database.executemany("UPDATE drawings SET removed = ? WHERE id = ?", [(time.time(), one) for one in ids])

    def restore(self, ids: Iterable[int]) -> None:
        """Restore removed drawings; CNNLabError if their collection has become full."""
        restored = list(ids)
        with self._store.transaction() as database:
            database.executemany("UPDATE drawings SET removed = NULL WHERE id = ?", [(one,) for one in restored])
            touched = {
                row["collection"]
                for one in restored
                for row in database.execute("SELECT collection FROM drawings WHERE id = ?", (one,))
            }
            for collection in touched:
                self._check_room(collection)

    def images(self, collection: str) -> tuple[np.ndarray, np.ndarray]:
        """Return images uint8 (n, 28, 28, 1) and labels int64 (n,), in the order of `of`."""
        found = self.of(collection)
        images = np.array([drawing.image for drawing in found], np.uint8).reshape(-1, *SHAPE)
        return images, np.array([drawing.label for drawing in found], np.int64)

    def as_npz(self, collection: str) -> bytes:
        """Return a collection as an .npz file with `x` and `y`, as `images` returns them."""
        return drawings_file.pack(*self.images(collection))

    def as_pngs(self, collection: str) -> bytes:
        """Return a collection as a zip of PNG images named `<label>-<number>.png`, numbered from 1."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for number, drawing in enumerate(self.of(collection), 1):
                archive.writestr(f"{drawing.label}-{number:05d}.png", drawing.png)
        return file.getvalue()

    def _check_room(self, collection: str) -> None:
        """Check the collection's size at the end of a transaction, which an error rolls back."""
        query = "SELECT count(*) AS count FROM drawings WHERE collection = ? AND removed IS NULL"
        if self._store.rows(query, collection)[0]["count"] > MAX_DRAWINGS:
            raise CNNLabError(
                N_("The collection “{collection}” would have more than {most:,} drawings."),
                N_("Start another collection."),
                collection=collection,
                most=MAX_DRAWINGS,
            )


def checked_name(name: str) -> str:
    """Return a collection's name as stored: stripped, and in Unicode's composed form (keyboards differ in that).

    Raises:
        CNNLabError: the name is empty or too long, or has characters that cannot be displayed.
    """
    name = unicodedata.normalize("NFC", name).strip()
    hidden = any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name)
    if not 1 <= len(name) <= MAX_LETTERS or hidden:
        raise CNNLabError(
            N_("A collection's name must have 1 to {most} characters, on one line."),
            N_("Choose another name."),
            most=MAX_LETTERS,
        )
    return name


def _check_label(label: int) -> None:
    if not 0 <= label < CLASSES:
        raise CNNLabError(
            N_("The label of a drawing must be a digit from 0 to {highest}; received {received}."),
            highest=CLASSES - 1,
            received=label,
        )


def _not_a_drawing(expected: str, received: np.ndarray) -> CNNLabError:
    return CNNLabError(
        N_("This is not a drawing: expected {expected}, received {received}."),
        N_("Draw it again."),
        expected=expected,
        received=f"{received.dtype} {received.shape}",
    )


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()


def _pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        return np.asarray(image)
