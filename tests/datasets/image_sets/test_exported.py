"""An exported image set is a ZIP file for any program, and the same image set in another Lab."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab.datasets.image_sets import Description, ImageSets, Shape, Shares, plain_jpeg
from cnnlab.errors import DatasetError
from cnnlab.settings import Settings
from tests.datasets.image_sets.made import class_files, folder, image_file, noise, png, scene, zip_file

DESCRIBED = Description(source="Our garden", license="CC0", consent="agreed")


@pytest.fixture
def sets(tmp_path: Path) -> ImageSets:
    return ImageSets(Settings(home=tmp_path / "home"))


@pytest.fixture
def other(tmp_path: Path) -> ImageSets:
    return ImageSets(Settings(home=tmp_path / "other"))


def test_it_comes_back_as_it_was(tmp_path: Path, sets: ImageSets, other: ImageSets) -> None:
    # Photos in color and in gray, of 160×120 (stored as JPEG again) and larger; classes that can be no folders.
    files = {f"{name}/{k}.jpg": image_file(scene(100 * n + k), "JPEG") for n, name in enumerate("ab") for k in range(9)}
    files |= {f"b/gray {k}.jpg": image_file(scene(900 + k).convert("L"), "JPEG") for k in range(3)}
    files |= {f"고양이/{k}.png": png(k, 400, 380, 3) for k in range(4)}
    made = sets.create(folder(tmp_path / "x", files), shape=Shape(20, True, "pad"), shares=Shares(0.2, 0.25, seed=7))
    for class_name in ("../up", "Train"):
        some = sets.contents(made.id)
        of_a = some.images[some.labels == some.class_names.index("a")]
        sets.edit(made.id, of_a[:3].tolist(), class_name)
    sets.edit(made.id, [21], None)
    sets.rename(made.id, "Garden")
    sets.describe(made.id, DESCRIBED)
    exported = sets.get(made.id)
    assert exported.class_names == ("a", "b", "고양이", "../up", "Train")
    sets.export_zip(made.id, tmp_path / "set.zip")
    again = other.create(tmp_path / "set.zip")
    assert again.digest == exported.digest
    assert (again.name, again.shape, again.shares, again.class_names, again.counts, again.description) == (
        ("Garden", exported.shape, exported.shares, exported.class_names, exported.counts, DESCRIBED)
    )
    assert (again.reading.skipped, again.reading.ignored) == ((), 0)
    # And once more, from there.
    other.export_zip(again.id, tmp_path / "again.zip")
    assert sets.create(tmp_path / "again.zip").digest == exported.digest


def test_any_program_can_read_it(tmp_path: Path, sets: ImageSets) -> None:
    made = sets.create(folder(tmp_path / "pets", class_files("cat", "dog", count=10)), name="Pets")
    sets.export_zip(made.id, tmp_path / "pets.zip")
    with zipfile.ZipFile(tmp_path / "pets.zip") as archive:
        images = [name for name in archive.namelist() if name != "cnnlab-set.json"]
        assert {name.rpartition("/")[0] for name in images} == {
            f"{part}/{name}" for part in ("train", "val", "test") for name in ("cat", "dog")
        }
        said = json.loads(archive.read("cnnlab-set.json"))
        assert (said["name"], said["shape"]) == ("Pets", {"size": 8, "color": False, "fit": "crop"})
        assert [one["name"] for one in said["classes"]] == ["cat", "dog"]
        per_part = [sum(name.startswith(f"{part}/") for name in images) for part in ("train", "val", "test")]
        assert per_part == np.sum(made.counts, axis=0).tolist()
    # Unpacked, or without its description, it is a folder of classes like any other.
    with zipfile.ZipFile(tmp_path / "pets.zip") as archive:
        plain = {name: archive.read(name) for name in images}
    assert sets.create(zip_file(tmp_path / "plain.zip", plain)).counts == made.counts


@pytest.mark.parametrize(
    "content", [b"{}", b"[", b'{"format": 2}', json.dumps({"format": 1, "name": "x", "shape": {"size": 7}}).encode()]
)
def test_a_damaged_description_is_said(tmp_path: Path, sets: ImageSets, content: bytes) -> None:
    files = {**class_files("cat", "dog"), "cnnlab-set.json": content}
    with pytest.raises(DatasetError, match=r"cnnlab-set\.json cannot be read: .*Export the image set again, or delete"):
        sets.create(zip_file(tmp_path / "x.zip", files))
    assert sets.all() == ()


def test_a_name_from_a_foreign_file_is_checked(tmp_path: Path, sets: ImageSets) -> None:
    made = sets.create(folder(tmp_path / "pets", class_files("cat", "dog")))
    sets.export_zip(made.id, tmp_path / "pets.zip")
    with zipfile.ZipFile(tmp_path / "pets.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["cnnlab-set.json"])
    said["name"] = "x" * 10_000
    with pytest.raises(DatasetError, match=r"cnnlab-set\.json cannot be read"):
        sets.create(zip_file(tmp_path / "long.zip", {**files, "cnnlab-set.json": json.dumps(said).encode()}))


def test_only_a_bare_small_jpeg_is_stored_as_it_is() -> None:
    photo = scene(1)
    bare = image_file(photo, "JPEG")
    exif = Image.Exif()
    exif[0x010F] = "camera"
    assert plain_jpeg.is_plain(bare, 160)
    assert plain_jpeg.is_plain(image_file(photo.convert("L"), "JPEG", progressive=True), 160)
    for other in (
        image_file(photo, "JPEG", exif=exif),
        image_file(photo, "JPEG", comment=b"at home"),
        image_file(photo.convert("CMYK"), "JPEG"),
        image_file(noise(0, 10, 161), "JPEG"),
        image_file(photo),
        bare[:-2],
        bare + b"hidden",
        bare[:20],
        b"",
    ):
        assert not plain_jpeg.is_plain(other, 160)
    assert np.asarray(Image.open(io.BytesIO(bare))).shape == (120, 160, 3)
