"""Image files, ZIP files and folders made for these tests, by Pillow and the standard library."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from cnnlab.datasets.image_sets.source import LabeledImage, Skipped, Source


def image_file(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Pixels as an image file."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels.astype(np.uint8))
    whole = io.BytesIO()
    picture.save(whole, kind, **options)
    return whole.getvalue()


def noise(seed: int, *shape: int) -> np.ndarray:
    """Random pixels, so that no two images are alike."""
    return np.random.default_rng(seed).integers(0, 256, shape or (8, 8), np.uint8)


def png(seed: int, *shape: int) -> bytes:
    """Random pixels as a PNG file."""
    return image_file(noise(seed, *shape))


def scene(seed: int) -> Image.Image:
    """Soft shapes like those of a photo, 160×120."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8))
    return small.resize((160, 120), Image.Resampling.BICUBIC)


def burst(seed: int, count: int = 5) -> list[Image.Image]:
    """The next photos of a scene: a little moved and lighter, saved as JPEG."""
    rng, pictures = np.random.default_rng(seed), []
    for number in range(count):
        left, top = rng.integers(0, 4, 2).tolist()
        moved = scene(seed).crop((left, top, left + 155, top + 115)).rotate(rng.uniform(-1, 1))
        lighter = ImageEnhance.Brightness(moved).enhance(1 + number / 50)
        pictures.append(Image.open(io.BytesIO(image_file(lighter, "JPEG", quality=80))))
    return pictures


def class_files(*classes: str, count: int = 10, start: int = 0) -> dict[str, bytes]:
    """`count` images of 8×8 per class, in folders of their names."""
    return {
        f"{name}/{number}.png": png(start + 100 * index + number)
        for index, name in enumerate(classes)
        for number in range(count)
    }


def zip_file(path: Path, files: Mapping[str, bytes]) -> Path:
    """Files in a ZIP file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """Files in a folder."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def read(source: Source) -> list[LabeledImage]:
    """All images of a source, none of which is damaged."""
    found = [image for image in source.images if isinstance(image, LabeledImage)]
    assert len(found) == source.count
    return found


def reasons(left_out: tuple[Skipped, ...]) -> dict[str, str]:
    """What was left out, and why."""
    return {one.name: one.reason.sentence() for one in left_out}
