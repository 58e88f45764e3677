"""Strips of a PNG, held against what Pillow reads of the whole file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cnnlab.errors import CNNLabError
from cnnlab.vision import png_strips
from cnnlab.vision.image_files import LARGE_PIXELS, read_image

NOISE = np.random.default_rng(3).integers(0, 256, (23, 37, 4), np.uint8)
COLORS = Image.fromarray(NOISE[:, :, :3])
KINDS = {
    "bits": Image.fromarray(NOISE[:, :, 0]).convert("1"),
    "gray": Image.fromarray(NOISE[:, :, 0]),
    "gray and alpha": Image.fromarray(NOISE[:, :, :2], "LA"),
    "color": COLORS,
    "color and alpha": Image.fromarray(NOISE),
    "256 colors": COLORS.quantize(256),
    "5 colors": COLORS.quantize(5),
    "2 colors": COLORS.quantize(2),
    "16 bits": Image.fromarray(NOISE[:, :, 0].astype(np.uint16) * 257),
}


@pytest.fixture
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of four rows or a few more, so that a small image has many."""
    monkeypatch.setattr(png_strips, "STRIP_BYTES", 20)


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("kind", KINDS)
def test_strips_are_what_pillow_reads(kind: str) -> None:
    content = png(KINDS[kind])
    with Image.open(io.BytesIO(content)) as image:
        assert png_strips.can_strip(image)
        parts = list(png_strips.strips(image, content, 4))
    assert len(parts) > 1
    assert all(part.height % 4 == 0 for part in parts[:-1])
    whole = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA" if "16" not in kind else "I;16"))
    found = [np.asarray(part.convert("RGBA") if "16" not in kind else part) for part in parts]
    assert np.array_equal(np.concatenate(found), whole)


def png(image: Image.Image) -> bytes:
    whole = io.BytesIO()
    image.save(whole, "PNG")
    return whole.getvalue()


@pytest.mark.usefixtures("small_strips")
def test_a_file_that_ends_early_or_is_damaged() -> None:
    content = png(COLORS)
    image = Image.open(io.BytesIO(content))
    with pytest.raises(OSError, match="ends early"):
        list(png_strips.strips(image, content[: len(content) // 2], 1))
    broken = bytearray(content)
    broken[len(content) // 2 :: 7] = bytes(len(broken[len(content) // 2 :: 7]))
    with pytest.raises(OSError, match=r".+"):
        list(png_strips.strips(image, bytes(broken), 1))


def test_a_large_image_is_the_means_of_its_pixels() -> None:
    # A page of bits with one black quarter, large enough for strips; a small one goes the other way.
    page = np.full((1500, 2000), 255, np.uint8)
    assert page.size > LARGE_PIXELS
    page[:750, :1000] = 0
    pixels = read_image(png(Image.fromarray(page).convert("1")), 100)
    assert pixels.shape == (75, 100)
    assert (pixels[:37, :49].max(), pixels[39:].min(), pixels[:, 51:].min()) == (0, 1, 1)
    light = np.dstack([np.full_like(page, 255), 255 - page])
    assert read_image(png(Image.fromarray(light, "LA")), 100)[:37, :49].min() == 1
    assert read_image(png(Image.fromarray(light, "LA")), 100)[39:].max() == 0


def test_a_large_file_that_ends_early_is_said_to_be_damaged() -> None:
    content = png(Image.fromarray(np.random.default_rng(0).integers(0, 256, (1500, 1500), np.uint8)))
    with pytest.raises(CNNLabError, match="damaged"):
        read_image(content[:900_000], 100)
