"""`python -m benchmarks.image_sets`: how fast photos become an image set, and how much memory that takes.

Each measurement runs in a process of its own, on JPEG files of 640×480 pixels in class folders.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.report import Figure, arguments, describe_machine, say, show
from cnnlab.datasets.image_sets import ImageSets
from cnnlab.settings import Settings

CLASSES = 10
LEAST_PER_SECOND, MOST_MEGABYTES = 400.0, 500.0


def write_photos(folder: Path, count: int) -> None:
    """Write JPEG files with soft shapes and some noise, in folders of ten classes."""
    random = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / f"class {label}").mkdir(parents=True)
    for number in range(count):
        soft = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8)).resize((640, 480))
        noisy = np.asarray(soft) + random.integers(-4, 5, (1, 640, 1))
        photo = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        photo.save(folder / f"class {number % CLASSES}" / f"{number}.jpg", quality=85)


def create(photos: Path, home: Path) -> tuple[float, float, float]:
    """Create an image set; return the seconds to read the photos, all seconds, and the memory (10^6 bytes) it took."""
    Image.init()
    # The peak that a process is born with is its parent's; this sets it to what the process has now.
    Path("/proc/self/clear_refs").write_text("5")
    before, started, read = _peak(), time.perf_counter(), 0.0

    def on_progress(done: int, count: int) -> None:
        nonlocal read
        if done == count:
            read = time.perf_counter() - started

    ImageSets(Settings(home=home)).create(photos, on_progress=on_progress)
    return read, time.perf_counter() - started, (_peak() - before) / 1e6


def _peak() -> int:
    """Return the peak of this process's resident memory in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measure(count: int) -> list[Figure]:
    """Return the figures of an image set of `count` photos."""
    with tempfile.TemporaryDirectory() as folder:
        photos, home = Path(folder, "photos"), Path(folder, "home")
        say(f"writing {count:,} photos")
        write_photos(photos, count)
        say("creating the image set")
        command = [sys.executable, "-m", "benchmarks.image_sets", "--create", str(photos), str(home)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        read, seconds, megabytes = (float(word) for word in printed.split())
    return [
        Figure("image_sets.photos_read_per_second", count / read, "1/s", at_least=LEAST_PER_SECOND, digits=0),
        Figure("image_sets.photos_per_second_until_stored", count / seconds, "1/s", digits=0),
        Figure("image_sets.megabytes", megabytes, "MB", at_most=MOST_MEGABYTES, digits=0),
    ]


def main() -> int:
    """Run the benchmark, or create one image set for it, and return the exit status."""
    parser = arguments("How fast photos become an image set, and how much memory that takes.", data=False)
    parser.add_argument("--create", nargs=2, type=Path, metavar=("PHOTOS", "HOME"), help="used by the measurement")
    options = parser.parse_args()
    if options.create:
        print(*create(*options.create))
        return 0
    describe_machine()
    return int(show(measure(100 if options.quick else 10_000), options.quick))


if __name__ == "__main__":
    sys.exit(main())
