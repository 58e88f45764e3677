"""Image sets are stored whole or not at all, and loaded as datasets."""

from __future__ import annotations

import errno
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab.datasets import Dataset
from cnnlab.datasets.image_sets import ImageSets, Shape, Shares
from cnnlab.errors import DatasetError, StoreError
from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.vision.image_files import HEIF_PACKAGES
from tests.datasets.image_sets.made import burst, class_files, folder, image_file, noise, png, reasons, zip_file

PARTS = ("x_train", "y_train", "x_test", "y_test", "validation")


@pytest.fixture
def sets(tmp_path: Path) -> ImageSets:
    return ImageSets(Settings(home=tmp_path / "home"))


def stored(tmp_path: Path) -> list[str]:
    """Every file of the Lab's folder."""
    return sorted(path.relative_to(tmp_path / "home").as_posix() for path in (tmp_path / "home").rglob("*"))


def arrays(dataset: Dataset) -> list[bytes]:
    return [getattr(dataset, part).tobytes() for part in PARTS]


def test_a_folder_becomes_a_dataset(tmp_path: Path, sets: ImageSets) -> None:
    files = class_files("cat", "강아지", count=20)
    made = sets.create(folder(tmp_path / "pets", {**files, "cat/.DS_Store": b"", "cat/3b.png": b"no image"}))
    assert (made.name, made.class_names, made.shape) == ("pets", ("cat", "강아지"), Shape(8, False, "crop"))
    assert (made.counts, made.images) == (((14, 3, 3), (14, 3, 3)), 40)
    assert made.reading.ignored == 1
    assert reasons(made.reading.skipped) == {"cat/3b.png": "This file is not a supported image, or it is damaged."}
    assert made.notes == ()
    dataset = sets.load(made.id)
    assert (dataset.name, dataset.class_names, dataset.input_shape) == (made.id, ("cat", "강아지"), (8, 8, 1))
    assert (dataset.x_train.shape, dataset.x_test.shape, dataset.y_train.dtype) == (
        (34, 8, 8, 1),
        (6, 8, 8, 1),
        np.int64,
    )
    # Every image is there once, with its own label.
    expected = {
        np.asarray(Image.open(io.BytesIO(content))).tobytes(): name.split("/")[0] for name, content in files.items()
    }
    found = {}
    for images, labels in ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)):
        found.update({image.tobytes(): dataset.class_names[label] for image, label in zip(images, labels, strict=True)})
    assert found == expected
    assert dataset.validation is not None
    assert np.bincount(dataset.y_train[dataset.validation]).tolist() == [3, 3]
    for names, images in zip(sets.file_names(made.id), (dataset.x_train, dataset.x_test), strict=True):
        read = [np.asarray(Image.open(io.BytesIO(files[name]))) for name in names]
        assert np.array_equal(images[..., 0], read)
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0] = 0


def test_the_same_files_give_the_same_digest(tmp_path: Path, sets: ImageSets) -> None:
    files = class_files("cat", "dog")
    first = sets.create(folder(tmp_path / "a", files))
    second = sets.create(zip_file(tmp_path / "b.zip", files), name=" Pets ")
    assert (first.digest, len(first.digest)) == (second.digest, 64)
    assert arrays(sets.load(first.id)) == arrays(sets.load(second.id))
    assert [one.name for one in sets.all()] == ["Pets", "a"]
    other = sets.create(folder(tmp_path / "c", {**files, "cat/0.png": png(77)}))
    assert other.digest != first.digest
    assert sets.get(first.id) == first


def test_shape_and_division_can_change_and_change_back(tmp_path: Path, sets: ImageSets) -> None:
    photos = {
        f"{name}/{n}.jpg": image_file(noise(n + 100 * len(name), 60, 90, 3), "JPEG")
        for name in ("a", "bb")
        for n in range(6)
    }
    made = sets.create(folder(tmp_path / "photos", photos))
    assert made.shape == Shape(60, True, "crop")
    before = arrays(sets.load(made.id))
    changed = sets.change(made.id, shape=Shape(16, False, "pad"))
    assert changed.digest != made.digest
    assert sets.load(made.id).input_shape == (16, 16, 1)
    seeded = sets.change(made.id, shares=Shares(0.2, 0.3, seed=5))
    assert (seeded.shape, seeded.counts) == (Shape(16, False, "pad"), ((3, 1, 2), (3, 1, 2)))
    assert sets.change(made.id, made.shape, made.shares) == made
    assert arrays(sets.load(made.id)) == before
    assert [path for path in stored(tmp_path) if "images-" in path] == [
        f"image-sets/{made.id}/images-{made.digest[:16]}.npz"
    ]


def test_the_lab_has_its_image_sets(tmp_path: Path, sets: ImageSets) -> None:
    made = sets.create(folder(tmp_path / "pets", class_files("cat", "dog")))
    lab = Lab(Settings(home=tmp_path / "home"), start_engine=False)
    assert lab.image_sets.all() == (made,)
    lab.close()


@pytest.mark.skipif(any(map(importlib.util.find_spec, HEIF_PACKAGES)), reason="HEIC can be read here")
def test_photos_of_iphones_are_named_with_what_to_do(tmp_path: Path, sets: ImageSets) -> None:
    made = sets.create(
        folder(tmp_path / "pets", {**class_files("cat", "dog"), "cat/a.HEIC": b"\0\0\0\x18ftypheic" * 9})
    )
    (skipped,) = sets.get(made.id).reading.skipped
    assert skipped.name == "cat/a.HEIC"
    assert skipped.sentences() == (
        "This is a HEIC photo, as iPhones take them, whatever its name ends in. It cannot be read here.",
        "Save it as JPEG, or install the optional requirements-heif.txt.",
    )


def test_given_parts_stay(tmp_path: Path, sets: ImageSets) -> None:
    parts = {"train": 0, "val": 1000, "test": 2000}
    files = {
        f"x/{part}/{name}": content
        for part, start in parts.items()
        for name, content in class_files("cat", "dog", count=4, start=start).items()
    }
    made = sets.create(zip_file(tmp_path / "a.zip", files))
    assert made.counts == ((4, 4, 4), (4, 4, 4))
    tested = {image.tobytes() for image in sets.load(made.id).x_test}
    assert tested == {noise(2000 + 100 * label + n).tobytes() for label in range(2) for n in range(4)}


def test_bursts_never_straddle_parts(tmp_path: Path, sets: ImageSets) -> None:
    photos = {
        f"{'ab'[seed % 2]}/{seed}-{n}.jpg": image_file(photo, "JPEG")
        for seed in range(16)
        for n, photo in enumerate(burst(seed))
    }
    made = sets.create(folder(tmp_path / "bursts", photos), shape=Shape(16, True))
    assert [note.sentence() for note in made.notes] == ["Near-duplicates of other images: 64."]
    assert all(count % 5 == 0 for row in made.counts for count in row)
    apart = sets.change(made.id, shares=Shares(keep_together=False))
    assert apart.counts == ((28, 6, 6), (28, 6, 6))
    assert apart.notes[-1].sentence().startswith("Test images that are near-duplicates of training images: ")


def test_stored_photos_are_small_and_without_their_place(tmp_path: Path, sets: ImageSets) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "Camera of mine"
    photo = Image.new("RGB", (640, 480), (200, 30, 30))
    photo.paste((30, 30, 200), (0, 0, 320, 480))  # upright: blue above, red below
    files = {f"{name}/{n}.jpg": image_file(photo, "JPEG", exif=exif) for name in "ab" for n in range(4)}
    made = sets.create(folder(tmp_path / "photos", files), shape=Shape(8), shares=Shares(keep_together=False))
    content = (tmp_path / "home" / "image-sets" / made.id / "originals.bin").read_bytes()
    with Image.open(io.BytesIO(content)) as first:
        assert (first.format, first.size, dict(first.getexif())) == ("JPEG", (240, 320), {})
    assert b"Camera of mine" not in content
    image = sets.load(made.id).x_train[0]
    assert image[0, 0].tolist() == pytest.approx([30, 30, 200], abs=9)
    assert image[7, 7].tolist() == pytest.approx([200, 30, 30], abs=9)


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        ({"image_set_files": 19}, r"pets holds 20 files; the limit is 19\..*CNNLAB_IMAGE_SET_FILES"),
        ({"image_set_bytes": 500}, r"pets holds 0 MB of data, unpacked.*CNNLAB_IMAGE_SET_BYTES"),
        ({"image_set_classes": 1}, r"2 classes; the limit is 1\..*CNNLAB_IMAGE_SET_CLASSES"),
        ({"image_set_pixels": 63}, r"None of the 20 images can be read, beginning with cat/0\.png"),
        ({"image_set_store_bytes": 1000}, r"room for 0 MB of image sets.*CNNLAB_IMAGE_SET_STORE_BYTES"),
    ],
)
def test_limits(tmp_path: Path, limits: dict[str, int], match: str) -> None:
    path = folder(tmp_path / "pets", class_files("cat", "dog"))
    with pytest.raises(DatasetError, match=match):
        ImageSets(Settings(home=tmp_path / "home", **limits)).create(path)
    assert stored(tmp_path) in ([], ["image-sets"])


def test_a_size_that_takes_too_much_memory(tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", class_files("cat", "dog"))
    sets = ImageSets(Settings(home=tmp_path / "home", image_set_bytes=20_000))
    made = sets.create(path)
    with pytest.raises(DatasetError, match=r"20 images of 224×224 pixels take 3 MB; the limit is 0 MB"):
        sets.change(made.id, Shape(224, True))
    assert sets.get(made.id) == made


class Stopped(Exception):
    """Raised by a test to stop."""


def test_a_stop_in_the_middle_leaves_nothing(tmp_path: Path, sets: ImageSets) -> None:
    seen = []

    def stop(done: int, count: int) -> None:
        seen.append((done, count))
        if done == 7:
            raise Stopped

    with pytest.raises(Stopped):
        sets.create(folder(tmp_path / "pets", class_files("cat", "dog")), on_progress=stop)
    assert seen == [(done, 20) for done in range(1, 8)]
    assert stored(tmp_path) == ["image-sets"]


def test_too_few_images_leave_nothing(tmp_path: Path, sets: ImageSets) -> None:
    files = {**class_files("cat"), "dog/1.png": png(1), "dog/2.png": png(2)}
    with pytest.raises(DatasetError, match=r"needs at least 3 images to learn from; too few: dog \(2\)\."):
        sets.create(folder(tmp_path / "pets", files))
    assert stored(tmp_path) == ["image-sets"]


KILLED = """
import sys, time
from pathlib import Path
from cnnlab.datasets.image_sets import ImageSets
from cnnlab.settings import Settings

def wait(done, count):
    if done == 5:
        print("there", flush=True)
        time.sleep(600)

ImageSets(Settings(home=Path(sys.argv[1]))).create(sys.argv[2], on_progress=wait)
"""


FULL = """
import resource, sys
from pathlib import Path
from cnnlab.datasets.image_sets import ImageSets
from cnnlab.errors import StoreError
from cnnlab.settings import Settings

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    ImageSets(Settings(home=Path(sys.argv[1]))).create(sys.argv[2])
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="uses a limit that Windows does not have")
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", class_files("cat", "dog"))
    command = [sys.executable, "-c", FULL, str(tmp_path / "home"), str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "image-sets cannot be used ([Errno 27] File too large). Free some space" in said
    assert stored(tmp_path) == ["image-sets"]


def test_what_a_killed_process_leaves_is_removed_later(tmp_path: Path, sets: ImageSets) -> None:
    path = folder(tmp_path / "pets", class_files("cat", "dog"))
    command = [sys.executable, "-c", KILLED, str(tmp_path / "home"), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.send_signal(signal.SIGKILL)
    (left,) = (tmp_path / "home" / "image-sets").iterdir()
    assert left.name.startswith("unfinished-")
    assert sets.all() == ()
    made = sets.create(path)
    assert left.is_dir(), "it may still be written to"
    for one in (*left.iterdir(), left):
        os.utime(one, (time.time() - 4000,) * 2)
    sets.create(path)
    assert not left.exists()
    assert made in sets.all()


def test_delete(tmp_path: Path, sets: ImageSets) -> None:
    made = sets.create(folder(tmp_path / "pets", class_files("cat", "dog")))
    sets.delete(made.id)
    assert (sets.all(), stored(tmp_path)) == ((), ["image-sets"])
    for use in (sets.get, sets.load, sets.delete, sets.change):
        with pytest.raises(DatasetError, match=f"There is no image set “{made.id}”; it may have been deleted"):
            use(made.id)
    for foreign in ("../home", "", "set-0000000g"):
        with pytest.raises(DatasetError, match="There is no image set"):
            sets.delete(foreign)


def test_damaged_sets_are_said_and_can_be_deleted(tmp_path: Path, sets: ImageSets) -> None:
    whole, spoiled = (sets.create(folder(tmp_path / name, class_files("cat", "dog"))) for name in ("a", "b"))
    inside = tmp_path / "home" / "image-sets" / spoiled.id
    images = inside / f"images-{spoiled.digest[:16]}.npz"
    images.write_bytes(images.read_bytes()[:-100])
    with pytest.raises(DatasetError, match=rf"{spoiled.id} cannot be read: .*Delete the image set and create it again"):
        sets.load(spoiled.id)
    (inside / "originals.npz").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"originals\.npz cannot be read: .*Delete the image set"):
        sets.change(spoiled.id, Shape(9))
    (inside / "set.json").write_text(json.dumps({"id": spoiled.id}))
    with pytest.raises(DatasetError, match=f"{spoiled.id} cannot be read"):
        sets.get(spoiled.id)
    assert sets.all() == (whole,)
    sets.delete(spoiled.id)
    assert not inside.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="uses a device of Linux and macOS")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"folder .*image-sets cannot be used"):
        ImageSets(Settings(home=tmp_path / "home")).create(folder(tmp_path / "pets", class_files("cat", "dog")))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_links_in_a_folder_are_not_followed(tmp_path: Path, sets: ImageSets) -> None:
    path = folder(tmp_path / "pets", class_files("cat", "dog"))
    (tmp_path / "secret.png").write_bytes(png(5))
    (path / "cat" / "link.png").symlink_to(tmp_path / "secret.png")
    made = sets.create(path)
    assert (made.images, reasons(made.reading.skipped)) == (20, {"cat/link.png": "A link; not followed."})


@pytest.mark.parametrize(("name", "content"), [("a.bin", b"\x89PNG"), ("a.pdf", b"%PDF"), ("empty", b"")])
def test_files_of_other_kinds(tmp_path: Path, sets: ImageSets, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=rf"{name} is no image set\. Choose a ZIP file or a folder with"):
        sets.create(tmp_path / name)
    with pytest.raises(DatasetError, match=os.strerror(errno.ENOENT)):
        sets.create(tmp_path / "missing.zip")
