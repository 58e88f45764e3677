"""ZIP files that may come from anyone."""

from __future__ import annotations

import io
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.datasets.image_sets import ImageSets
from cnnlab.datasets.image_sets.zip_files import opened
from cnnlab.errors import CNNLabError, DatasetError
from cnnlab.settings import Settings
from tests.datasets.image_sets.made import class_files, png, read, reasons, zip_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_zip_file_with_a_folder_per_class(tmp_path: Path, settings: Settings) -> None:
    files = {"animals/cat/1.png": png(1), "animals/dog/1.png": png(2), "__MACOSX/x": b"", "animals/a.txt": b"?"}
    with opened(zip_file(tmp_path / "a.zip", files), settings) as source:
        assert (source.class_names, source.count, source.ignored) == (("cat", "dog"), 2, 1)
        assert reasons(source.skipped) == {"animals/a.txt": "Not an image."}
        assert read(source) == [
            ("animals/cat/1.png", "cat", None, png(1)),
            ("animals/dog/1.png", "dog", None, png(2)),
        ]


def refused(settings: Settings, path: Path, match: str) -> None:
    """A ZIP file is refused, and nothing at all was written."""
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(DatasetError, match=match):
        ImageSets(settings).create(path)
    assert sorted(path.parent.rglob("*")) == before


def linked(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("../outside.png", "points outside the folder"),
        ("cat/../../outside.png", "points outside the folder"),
        ("/etc/outside.png", "points outside the folder"),
        ("C:/outside.png", "points outside the folder"),
        ("..\\outside.png", "points outside the folder"),
        (linked("cat/link.png"), "is a link"),
    ],
)
def test_paths_out_of_the_folder_and_links(
    tmp_path: Path, settings: Settings, name: str | zipfile.ZipInfo, match: str
) -> None:
    path = zip_file(tmp_path / "a.zip", class_files("cat", "dog"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"/etc/passwd")
    refused(settings, path, rf"a\.zip is refused: its file “.*” {match}\. Create the ZIP file again")


def test_bombs(tmp_path: Path, settings: Settings) -> None:
    zeros = zip_file(tmp_path / "a.zip", {**class_files("cat", "dog"), "cat/zeros.png": bytes(3_000_000)})
    assert zeros.stat().st_size < 10_000
    small = Settings(home=settings.home, image_set_bytes=2_000_000)
    refused(small, zeros, r"a\.zip holds 3 MB of data, unpacked; the limit is 2 MB.*CNNLAB_IMAGE_SET_BYTES")
    # A file that says it is small, and is not: it is damaged, and no more than it says is unpacked.
    content = bytearray(zeros.read_bytes())
    at = content.index(struct.pack("<I", 3_000_000), content.index(b"PK\x01\x02"))
    content[at : at + 4] = struct.pack("<I", 1000)
    zeros.write_bytes(content)
    made = ImageSets(small).create(zeros)
    assert reasons(made.reading.skipped) == {"cat/zeros.png": "The file is damaged inside the ZIP file."}


def test_one_hundred_thousand_entries_are_refused_before_they_are_listed(tmp_path: Path, settings: Settings) -> None:
    path = zip_file(tmp_path / "a.zip", {f"{number % 2}/{number}.png": b"" for number in range(100_000)})
    refused(settings, path, r"a\.zip holds 100,000 files; the limit is 50,000\..*CNNLAB_IMAGE_SET_FILES")
    # The count alone can lie: the length of the list says the same.
    content = bytearray(path.read_bytes())
    content[-14:-10] = struct.pack("<HH", 7, 7)
    path.write_bytes(content)
    start = time.process_time()
    refused(Settings(home=settings.home, image_set_files=1000), path, r"the limit is 1,000")
    assert time.process_time() - start < 0.2


def test_passwords_and_unusual_packing(tmp_path: Path, settings: Settings) -> None:
    path = zip_file(tmp_path / "a.zip", class_files("cat", "dog"))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    refused(settings, path, r"a\.zip is protected with a password\. Create the ZIP file again without")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("cat/1.png", png(1))
    refused(settings, path, "is packed with an unusual method")


@pytest.mark.parametrize("spoil", [lambda content: content[:-60], lambda content: b"PK\x03\x04" + bytes(100)])
def test_what_is_no_zip_file(tmp_path: Path, settings: Settings, spoil: Callable[[bytes], bytes]) -> None:
    path = zip_file(tmp_path / "a.zip", class_files("cat", "dog"))
    path.write_bytes(spoil(path.read_bytes()))
    refused(settings, path, r"a\.zip cannot be read: .+\. Choose a ZIP file with a folder of images for each class")


def test_names_with_backslashes_as_some_programs_write_them(tmp_path: Path, settings: Settings) -> None:
    path = zip_file(tmp_path / "a.zip", {"pets#cat#1.png": png(1), "pets#dog#1.png": png(2)})
    path.write_bytes(path.read_bytes().replace(b"#", b"\\"))
    with opened(path, settings) as source:
        assert source.class_names == ("cat", "dog")


@given(st.binary(min_size=1, max_size=8), st.floats(0, 1))
def test_any_damage_is_said(tmp_path_factory: pytest.TempPathFactory, damage: bytes, place: float) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = zip_file(folder / "a.zip", class_files("cat", "dog", count=4))
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    content[at : at + len(damage)] = damage
    path.write_bytes(content)
    try:
        made = ImageSets(Settings(home=folder / "home")).create(path)
    except CNNLabError:
        assert not list((folder / "home").rglob("*.*"))
    else:
        assert made.images >= 6


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_korean_names_without_the_mark_for_utf8(tmp_path: Path, settings: Settings, encoding: str) -> None:
    # Names of the same length, then the bytes that Windows or macOS write, in both lists of the file.
    coded = "개".encode(encoding)
    plain = "#" * len(coded)
    path = zip_file(tmp_path / "a.zip", {f"{plain}/1.png": png(1), "cat/1.png": png(2)})
    path.write_bytes(path.read_bytes().replace(plain.encode(), coded))
    with opened(path, settings) as source:
        assert source.class_names == ("cat", "개")
        assert [image.label for image in read(source)] == ["cat", "개"]


def test_a_zip64_file_is_read_and_its_count_checked(tmp_path: Path, settings: Settings) -> None:
    packed = io.BytesIO()
    limit = zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP_FILECOUNT_LIMIT = 1  # so that two files are enough for the record of large ZIP files
    try:
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in class_files("cat", "dog", count=2).items():
                archive.writestr(name, content)
    finally:
        zipfile.ZIP_FILECOUNT_LIMIT = limit
    assert b"PK\x06\x06" in packed.getvalue()
    path = tmp_path / "a.zip"
    path.write_bytes(packed.getvalue())
    with opened(path, settings) as source:
        assert source.count == 4
    refused(Settings(home=settings.home, image_set_files=3), path, r"holds 4 files; the limit is 3\.")
