"""Time and memory that an uploaded image takes to decode, each measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.report import Figure

KINDS = {
    "jpeg_12_megapixels": ("RGB", (4000, 3000), "JPEG"),
    "jpeg_100_megapixels": ("RGB", (11600, 8600), "JPEG"),
    "png_12_megapixels": ("RGB", (4000, 3000), "PNG"),
    "png_gray_100_megapixels": ("L", (11600, 8600), "PNG"),
    "png_bits_50_megapixels": ("1", (8192, 6144), "PNG"),
    "webp_12_megapixels": ("RGB", (4000, 3000), "WEBP"),
}
MOST_SECONDS, MOST_MEGABYTES = 0.3, 150.0


def measure(kinds: list[str]) -> Iterator[Figure]:
    """Yield the seconds and the memory (10^6 bytes above what the process had before) of each kind of image."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            path = Path(folder) / kind
            _write(path, *KINDS[kind])
            command = [sys.executable, "-m", "benchmarks.decoding", str(path)]
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            seconds, megabytes = (float(word) for word in printed.split())
            path.unlink()
            yield Figure(f"photos.decode_{kind}_seconds", seconds, "s", at_most=MOST_SECONDS)
            yield Figure(f"photos.decode_{kind}_megabytes", megabytes, "MB", at_most=MOST_MEGABYTES, digits=0)


def _write(path: Path, mode: str, size: tuple[int, int], kind: str) -> None:
    """Write an image with soft shapes and, but for bits, some noise."""
    rng = np.random.default_rng(0)
    width, height = size
    soft = Image.fromarray(rng.integers(90, 240, (height // 40, width // 40), np.uint8)).resize(size)
    if mode == "1":
        soft.convert("1", dither=Image.Dither.NONE).save(path, kind)
        return
    tile = np.asarray(soft) + rng.integers(-3, 4, (1, width)).astype(np.int8)
    gray = Image.fromarray(tile.clip(0, 255).astype(np.uint8))
    gray.convert(mode).save(path, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 85}))


def main() -> None:
    """Decode the file that the first argument names; print seconds and megabytes."""
    from cnnlab.vision.image_files import read_image
    from cnnlab.vision.photo_digits import DECODED_SIDE

    content = Path(sys.argv[1]).read_bytes()
    # Load Pillow's codecs before the measurement.
    Image.init()
    # The peak that a process is born with is its parent's; this sets it to what the process has now.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = _peak(), time.perf_counter()
    read_image(content, DECODED_SIDE, color=True)
    seconds = time.perf_counter() - started
    print(seconds, (_peak() - before) / 1e6)


def _peak() -> int:
    """Return the peak of this process's resident memory in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
