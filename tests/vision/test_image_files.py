"""Pictures of every kind that people have, and files that are none: gray values, or an error in words."""

from __future__ import annotations

import importlib.util
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnlab.errors import CNNLabError
from cnnlab.vision.image_files import HEIF_PACKAGES, MAX_BYTES, downscale, read_file, read_image, read_picture

NO_PICTURE = "This file is not a supported image, or it is damaged"


def file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    whole = io.BytesIO()
    picture.save(whole, kind, **options)
    return whole.getvalue()


def gray(*rows: list[int]) -> Image.Image:
    return Image.fromarray(np.array(rows, np.uint8))


def levels(content: bytes) -> list[list[int]]:
    """The picture's values, 0 to 255."""
    pixels = read_image(content, 100)
    assert pixels.dtype == np.float64
    return np.asarray((pixels * 255).round().astype(int)).tolist()


def test_gray_and_color() -> None:
    assert levels(file(gray([0, 51, 255], [1, 2, 3]))) == [[0, 51, 255], [1, 2, 3]]
    assert levels(file(gray([7]))) == [[7]]
    assert levels(file(gray([0, 255]).convert("1"))) == [[0, 255]]
    colours = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]]], np.uint8))
    for kind in ("PNG", "BMP", "TIFF"):
        assert levels(file(colours, kind)) == [[76, 150, 29, 90]]
    assert levels(file(colours, "WEBP", lossless=True)) == [[76, 150, 29, 90]]


def test_what_is_transparent_is_white() -> None:
    seen = np.array([[[0, 255], [0, 0], [100, 255], [0, 128]]], np.uint8)
    assert levels(file(Image.fromarray(seen, "LA"))) == [[0, 255, 100, 127]]
    palette = Image.new("P", (3, 1))
    palette.putpalette([0, 0, 0, 255, 255, 255, 50, 50, 50])
    palette.putdata([0, 1, 2])
    assert levels(file(palette)) == [[0, 255, 50]]
    assert levels(file(palette, transparency=0)) == [[255, 255, 50]]
    assert levels(file(palette, "GIF", transparency=2)) == [[0, 255, 255]]


def test_sixteen_bits_keep_their_brightness() -> None:
    deep = Image.fromarray(np.array([[0, 257, 65535, 32896]], np.uint16))
    assert levels(file(deep)) == [[0, 1, 255, 128]]
    assert levels(file(Image.fromarray(np.full((2, 2), 65535, np.uint16)))) == [[255, 255], [255, 255]]


def test_tiff_files_of_sixteen_bits_are_read_and_of_32_refused() -> None:
    deep = np.array([[0, 257, 65535, 32896]])
    assert levels(file(Image.fromarray(deep.astype(np.uint16)), "TIFF")) == [[0, 1, 255, 128]]
    # The same in the other byte order, as cameras write it: Pillow calls its mode "I;16B".
    other_order = Image.frombytes("I;16B", (4, 1), deep.astype(">u2").tobytes())
    assert levels(file(other_order, "TIFF")) == [[0, 1, 255, 128]]
    for kind in (np.int32, np.float32):
        with pytest.raises(CNNLabError, match=r"TIFF file has pixels of 32 bits.+Save it with 8 or 16 bits"):
            read_image(file(Image.fromarray(deep.astype(kind)), "TIFF"), 28)


def test_many_photos_are_read_as_whole_numbers() -> None:
    colors = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]]], np.uint8))
    picture = read_picture(file(colors), 100)
    assert (picture.mode, np.asarray(picture).tolist()) == ("RGB", np.asarray(colors).tolist())
    checkered = np.indices((40, 80)).sum(axis=0) % 2 * 255
    small = np.asarray(read_picture(file(Image.fromarray(checkered.astype(np.uint8))), 20))
    assert (small.shape, set(small.ravel())) == ((10, 20, 3), {128})
    with pytest.raises(CNNLabError, match="The image has 80×40 pixels; the limit is 3,000 pixels"):
        read_picture(file(Image.new("L", (80, 40))), 20, max_pixels=3000)


def test_an_animation_gives_its_first_picture() -> None:
    first, second = (Image.new("L", (3, 2), value) for value in (40, 200))
    for kind, options in (("GIF", {}), ("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        content = file(first, kind, save_all=True, append_images=[second], duration=10, **options)
        assert levels(content) == [[40] * 3] * 2


def test_jpegs_of_print_and_of_cameras() -> None:
    ink = Image.new("CMYK", (16, 8), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (0, 0, 8, 8))
    pixels = read_image(file(ink, "JPEG"), 100)
    assert pixels.shape == (8, 16)
    assert pixels[4, 2] < 0.05 and pixels[4, 13] > 0.95
    photo = Image.new("L", (16, 8), 255)
    photo.paste(0, (0, 0, 8, 8))
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: turn it a quarter clockwise
    upright = read_image(file(photo, "JPEG", exif=turned), 100)
    assert upright.shape == (16, 8)
    assert upright[2].max() < 0.05 and upright[13].min() > 0.95


def test_large_pictures_become_small_by_means() -> None:
    chequered = np.indices((40, 80)).sum(axis=0) % 2 * 255
    pixels = read_image(file(Image.fromarray(chequered.astype(np.uint8))), 20)
    assert pixels.shape == (10, 20)
    np.testing.assert_allclose(pixels, 0.5, atol=1e-6)
    assert read_image(file(Image.new("L", (3000, 1))), 28).shape == (1, 28)
    assert downscale(np.array([[0.0, 1.0], [1.0, 1.0]]), 0.5).tolist() == [[0.75]]


def test_bombs() -> None:
    with pytest.raises(CNNLabError, match=r"The file is 50\.0 MB; the limit is 50 MB\. Reduce the image size first"):
        read_image(bytes(MAX_BYTES + 1), 28)
    # A few bytes that say they are a large picture; then one that Pillow itself refuses.
    with pytest.raises(CNNLabError, match="The image has 12000×9000 pixels; the limit is 100,000,000 pixels"):
        read_image(stating(12000, 9000), 28)
    with pytest.raises(CNNLabError, match=NO_PICTURE):
        read_image(stating(60000, 60000), 28)


def stating(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + PIXELS


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PIXELS = chunk(b"IDAT", zlib.compress(bytes(8))) + chunk(b"IEND", b"")


def test_files_that_are_no_picture() -> None:
    png = file(Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)))
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    for content in (b"", b"GIF89a", b"\xff\xd8\xff", b"<svg/>", png[:-40], png[:60], program, stating(0, 5)):
        with pytest.raises(CNNLabError, match=NO_PICTURE):
            read_image(content, 28)


_EXIF = Image.Exif()
_EXIF[0x0112] = 6
_COLOURS = Image.fromarray(np.random.default_rng(1).integers(0, 256, (5, 6, 3), np.uint8))
WHOLE = [
    file(_COLOURS, exif=_EXIF),
    file(_COLOURS.convert("P"), transparency=1),
    file(Image.fromarray(np.arange(12, dtype=np.uint16).reshape(3, 4))),
    file(_COLOURS, "JPEG", exif=_EXIF),
    file(_COLOURS.convert("CMYK"), "JPEG"),
    file(_COLOURS.convert("P"), "GIF"),
    file(_COLOURS, "BMP"),
    file(_COLOURS, "WEBP", exif=_EXIF),
]


def assert_read_or_refused(content: bytes) -> None:
    try:
        pixels = read_image(content, 20)
    except CNNLabError:
        return
    assert max(pixels.shape) <= 20
    assert pixels.min() >= 0 and pixels.max() <= 1


@pytest.mark.filterwarnings("ignore")  # Pillow warns of odd files
@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"\xff\xd8\xff", b"RIFF"])
)
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(content: bytes, beginning: bytes) -> None:
    assert_read_or_refused(beginning + content)


@pytest.mark.filterwarnings("ignore")
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=400)
def test_damaged_files_are_read_or_refused(whole: bytes, damage: list[tuple[int, int]]) -> None:
    content = bytearray(whole)
    for place, value in damage:
        content[place % len(content)] = value
    assert_read_or_refused(bytes(content))


@pytest.mark.filterwarnings("ignore")
@given(
    st.tuples(st.integers(0, 40), st.integers(0, 40), *[st.integers(0, 20) for _ in range(5)]),
    st.lists(
        st.tuples(
            st.sampled_from([b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT", b"pHYs"]),
            st.binary(max_size=40),
        ),
        max_size=3,
    ),
    st.binary(max_size=40),
)
@settings(max_examples=400)
def test_pngs_that_lie_with_right_checksums(
    header: tuple[int, ...], chunks: list[tuple[bytes, bytes]], packed: bytes
) -> None:
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", *header)), *(chunk(*one) for one in chunks)]
    for pixels in (packed, zlib.compress(bytes(2000))):
        assert_read_or_refused(b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]))


def test_light_strokes_on_nothing_are_put_on_black() -> None:
    strokes = np.zeros((9, 9, 2), np.uint8)
    strokes[4, 2:7] = 255
    pixels = read_image(file(Image.fromarray(strokes, "LA")), 9)
    assert pixels[4, 2:7].tolist() == [1] * 5
    assert pixels.sum() == 5
    strokes[4, 2:7, 0] = 0
    assert read_image(file(Image.fromarray(strokes, "LA")), 9).sum() == 9 * 9 - 5


def test_heic_is_named_whatever_the_file_is_called() -> None:
    heic = b"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
    if any(importlib.util.find_spec(package) for package in HEIF_PACKAGES):
        expected = NO_PICTURE
    else:
        expected = "This is a HEIC photo.* Save it as JPEG, or install"
    with pytest.raises(CNNLabError, match=expected):
        read_image(heic, 28)


def test_the_first_frame_of_an_animation_says_that_there_are_more() -> None:
    first, second = (Image.new("L", (3, 2), value) for value in (40, 200))
    assert read_file(file(first, "GIF", save_all=True, append_images=[second], duration=10), 20).animated
    assert not read_file(file(first, "GIF"), 20).animated


def test_an_image_that_cannot_be_read_in_parts_has_a_lower_limit() -> None:
    # WebP: Pillow holds four copies.
    content = io.BytesIO()
    Image.new("RGB", (5000, 3000), "white").save(content, "WEBP", lossless=True, method=0, quality=0)
    with pytest.raises(CNNLabError, match="the limit for this kind of WEBP file is 12,500,000 pixels"):
        read_image(content.getvalue(), 28)


def test_a_photo_is_scaled_down_while_it_is_read() -> None:
    photo = np.full((1600, 2400), 255, np.uint8)
    photo[:800, :1200] = 0
    pixels = read_image(file(Image.fromarray(photo), "JPEG"), 150)
    assert pixels.shape == (100, 150)
    assert pixels[:48, :72].max() < 0.02 and pixels[52:].min() > 0.98


def test_a_photo_that_is_much_longer_than_high() -> None:
    assert read_image(file(Image.new("L", (2000, 3)), "JPEG"), 50).shape == (1, 50)
