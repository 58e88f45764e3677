"""Drawings that people kept, each with its label, in collections of their own: in the Lab's database.

A drawing is kept as the network saw it (28×28, grey) and, where there is one, with the canvas it came from. What is
removed is only marked, so that it can be brought back; the marked ones go for good when a Lab starts a day later.
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
from cnnlab.marks import N_
from cnnlab.runs.record import nickname
from cnnlab.runs.store import RunStore
from cnnlab.training import drawn
from cnnlab.training.drawn import CLASSES, MOST, SHAPE
from cnnlab.training.spec import MOST_LETTERS

MOST_SIDE = 2000
"""Pixels of a canvas's longer side."""
BRING_BACK_SECONDS = 24 * 3600

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS drawings ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, label INTEGER NOT NULL, who TEXT NOT NULL,"
    " created REAL NOT NULL, image BLOB NOT NULL, canvas BLOB, removed REAL) STRICT",
    "CREATE INDEX IF NOT EXISTS drawings_by_collection ON drawings (collection, removed)",
)


@dataclass(frozen=True)
class Drawing:
    """One drawing. `created` is in seconds since 1970, `png` the picture that the network saw."""

    id: int
    collection: str
    label: int
    who: str
    created: float
    png: bytes

    @property
    def nickname(self) -> str:
        """What the one who drew it goes by; "" for a session that gave no name."""
        return nickname(self.who)

    @property
    def image(self) -> np.ndarray:
        """uint8 (28, 28), 0 (black) to 255 (white ink)."""
        return _pixels(self.png)


class Drawings:
    """The kept drawings. Every method can raise StoreError, as the store's own do."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        with store.transaction() as database:
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute("DELETE FROM drawings WHERE removed < ?", (time.time() - BRING_BACK_SECONDS,))

    def keep(
        self, collection: str, label: int, image: np.ndarray, canvas: np.ndarray | None = None, who: str = ""
    ) -> int:
        """Keep a drawing and return its id.

        Args:
            label: the digit that was meant.
            image: what the network saw, float32 (28, 28), 0 (black) to 1 (white ink).
            canvas: where it was drawn, uint8 (height, width, 4).

        Raises:
            CNNLabError: the name, the label or a picture is not possible, or the collection is full.
        """
        if image.shape != SHAPE[:2] or not np.isfinite(image).all():
            raise _no_picture("float32 (28, 28)", image)
        if canvas is not None and not _is_canvas(canvas):
            raise _no_picture("uint8 (height, width, 4)", canvas)
        pixels = (image.clip(0, 1) * 255).round().astype(np.uint8)
        (new,) = self._add(collection, [pixels], [int(label)], who, None if canvas is None else _png(canvas))
        return new

    def take_in(self, content: bytes, collection: str, who: str = "") -> list[int]:
        """Add the drawings of an .npz file that was downloaded (`as_npz`), and return their ids.

        Raises:
            CNNLabError: the name is not possible, the collection would be too full, or see `drawn.unpack`.
        """
        images, labels = drawn.unpack(content)
        return self._add(collection, images[..., 0], labels.tolist(), who)

    def _add(
        self, name: str, images: Iterable[np.ndarray], labels: Sequence[int], who: str, canvas: bytes | None = None
    ) -> list[int]:
        collection = checked_name(name)
        pngs = [_png(image) for image in images]
        for label in labels:
            _check_label(label)
        ids = []
        with self._store.transaction() as database:
            for png, label in zip(pngs, labels, strict=True):
                added = database.execute(
                    "INSERT INTO drawings (collection, label, who, created, image, canvas) VALUES (?, ?, ?, ?, ?, ?)",
                    (collection, label, who, time.time(), png, canvas),
                )
                ids.append(int(added.lastrowid or 0))
            self._check_room(collection)
        return ids

    def collections(self) -> list[tuple[str, int]]:
        """Names of collections and how many drawings each has, the one that was added to last first."""
        found = self._store.rows(
            "SELECT collection, count(*) AS count FROM drawings WHERE removed IS NULL"
            " GROUP BY collection ORDER BY max(id) DESC"
        )
        return [(row["collection"], row["count"]) for row in found]

    def drawings(self, collection: str) -> list[Drawing]:
        """Its drawings, in the order in which they were kept; none where there is no such collection."""
        found = self._store.rows(
            "SELECT id, collection, label, who, created, image AS png FROM drawings"
            " WHERE collection = ? AND removed IS NULL ORDER BY id",
            collection,
        )
        return [Drawing(**dict(row)) for row in found]

    def canvas(self, drawing: int) -> np.ndarray | None:
        """Where it was drawn, uint8 (height, width, 4); None where that was not kept."""
        found = self._store.rows("SELECT canvas FROM drawings WHERE id = ?", drawing)
        return _pixels(found[0]["canvas"]) if found and found[0]["canvas"] else None

    def relabel(self, drawing: int, label: int) -> None:
        """Correct a label; CNNLabError where it is no digit."""
        _check_label(label)
        with self._store.transaction() as database:
            database.execute("UPDATE drawings SET label = ? WHERE id = ?", (label, drawing))

    def remove(self, ids: Iterable[int]) -> None:
        """Take drawings out of their collections; for a day they can be brought back."""
        with self._store.transaction() as database:
            database.executemany("UPDATE drawings SET removed = ? WHERE id = ?", [(time.time(), one) for one in ids])

    def restore(self, ids: Iterable[int]) -> None:
        """Bring removed drawings back; CNNLabError where their collection has filled up since."""
        wanted = list(ids)
        with self._store.transaction() as database:
            database.executemany("UPDATE drawings SET removed = NULL WHERE id = ?", [(one,) for one in wanted])
            touched = {
                row["collection"]
                for one in wanted
                for row in database.execute("SELECT collection FROM drawings WHERE id = ?", (one,))
            }
            for collection in touched:
                self._check_room(collection)

    def images(self, collection: str) -> tuple[np.ndarray, np.ndarray]:
        """Images uint8 (n, 28, 28, 1) and labels int64 (n,), in the order of `drawings`."""
        found = self.drawings(collection)
        images = np.array([drawing.image for drawing in found], np.uint8).reshape(-1, *SHAPE)
        return images, np.array([drawing.label for drawing in found], np.int64)

    def as_npz(self, collection: str) -> bytes:
        """The collection as an .npz file: `x` and `y` as `images` gives them."""
        return drawn.pack(*self.images(collection))

    def as_pngs(self, collection: str) -> bytes:
        """The collection as a zip of PNG pictures, each named `<label>-<number>.png`, numbered from 1."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for number, drawing in enumerate(self.drawings(collection), 1):
                archive.writestr(f"{drawing.label}-{number:05d}.png", drawing.png)
        return file.getvalue()

    def _check_room(self, collection: str) -> None:
        """Called at the end of a transaction, which an error undoes."""
        query = "SELECT count(*) AS count FROM drawings WHERE collection = ? AND removed IS NULL"
        if self._store.rows(query, collection)[0]["count"] > MOST:
            raise CNNLabError(
                N_("The collection “{collection}” would have more than {most:,} drawings."),
                N_("Begin another collection."),
                collection=collection,
                most=MOST,
            )


def checked_name(name: str) -> str:
    """A collection's name as it is kept: without space around it, letters composed as keyboards differ in that.

    Raises:
        CNNLabError: it is empty or too long, or has characters that cannot be shown.
    """
    name = unicodedata.normalize("NFC", name).strip()
    hidden = any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name)
    if not 1 <= len(name) <= MOST_LETTERS or hidden:
        raise CNNLabError(
            N_("A collection needs a name of 1 to {most} letters, digits or signs, on one line."),
            N_("Give it another name."),
            most=MOST_LETTERS,
        )
    return name


def _check_label(label: int) -> None:
    if not 0 <= label < CLASSES:
        raise CNNLabError(
            N_("The label of a drawing is a digit from 0 to {highest}; received {received}."),
            highest=CLASSES - 1,
            received=label,
        )


def _is_canvas(canvas: np.ndarray) -> bool:
    form = canvas.dtype == np.uint8 and canvas.ndim == 3 and canvas.shape[2] == 4
    return bool(form and 0 not in canvas.shape and max(canvas.shape) <= MOST_SIDE)


def _no_picture(expected: str, received: np.ndarray) -> CNNLabError:
    return CNNLabError(
        N_("This is no drawing: expected {expected}, received {received}."),
        N_("Draw it again."),
        expected=expected,
        received=f"{received.dtype} {received.shape}",
    )


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return file.getvalue()


def _pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        return np.asarray(picture)
