"""`python -m benchmarks.photos FILE`: how the built-in network reads made photos of pen-written digits.

FILE contains pen-written digits (UCI's "Pen-Based Recognition of Handwritten Digits", UNIPEN format). Only writers who
are not in the training data count. Each photo (`benchmarks.made_photos`) is read as the Draw page does. This process
imports TensorFlow.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np

from benchmarks import decoding
from benchmarks.made_photos import PAPERS, MadePhoto, make
from benchmarks.pen_digits import Predict, builtin_network, read_options
from benchmarks.report import Figure, describe_machine, say, show
from cnnlab.errors import CNNLabError
from cnnlab.evaluation.metrics import top_two
from cnnlab.pretrain.pen_strokes import PenDigit
from cnnlab.vision.image_files import read_image
from cnnlab.vision.photo_digits import DECODED_SIDE, find_digits

PHOTOS, PAIRS, QUICK = 200, 48, 8
"""Photos of one digit, of two digits next to each other, and photos with `--quick`."""
SEED = 1_000_000
"""The first seed of the measured photos; lower ones were used to develop the search."""
RIGHT, UNSURE, WRONG = "right", "unsure", "wrong"


def measure(writings: list[PenDigit], photos: int, pairs: int) -> Iterator[Figure]:
    """Yield the shares of photos that are read right, not surely, and wrong with confidence; then times."""
    predict, rng = builtin_network(), np.random.default_rng(SEED)
    results: dict[str, list[tuple[str, str]]] = {"": [], "pairs_": []}
    seconds = []
    for name, count, digits in (("", photos, 1), ("pairs_", pairs, 2)):
        for k in range(count):
            chosen = [writings[i] for i in rng.integers(len(writings), size=digits)]
            photo = make(chosen, list(PAPERS)[k % len(PAPERS)], SEED + len(results[""]) + len(results["pairs_"]))
            started = time.perf_counter()
            result, said = read(photo, predict)
            seconds.append(time.perf_counter() - started)
            results[name].append((photo.paper, result))
            if result != RIGHT:
                say(f"{name}{k}: {photo.digits} on {photo.paper}: {result}, {said}")
    for name, targets in (("", (95.0, 1.0)), ("pairs_", (None, None))):
        found = [result for _paper, result in results[name]]
        shares = {kind: 100 * found.count(kind) / len(found) for kind in (RIGHT, UNSURE, WRONG)}
        good = shares[RIGHT] + shares[UNSURE]
        yield Figure(f"photos.{name}right_or_unsure", good, "%", at_least=targets[0])
        yield Figure(f"photos.{name}right", shares[RIGHT], "%")
        yield Figure(f"photos.{name}wrong_with_confidence", shares[WRONG], "%", at_most=targets[1])
    for paper in PAPERS:
        found = [result for kind, result in results[""] if kind == paper]
        yield Figure(f"photos.{paper.replace(' ', '_')}_right", 100 * found.count(RIGHT) / max(len(found), 1), "%")
    yield Figure("photos.read_milliseconds", 1000 * float(np.median(seconds)), "ms")
    kinds = list(decoding.KINDS)
    yield from decoding.measure(kinds if photos == PHOTOS else kinds[:1])


def read(photo: MadePhoto, predict: Predict) -> tuple[str, str]:
    """Read a photo; return whether that was right, unsure or wrong with confidence, and what was said."""
    try:
        found = find_digits(read_image(photo.content, DECODED_SIDE, color=True))
    except CNNLabError as error:
        return UNSURE, str(error)
    digits = [one.prepared() for one in found.digits]
    images = np.stack([digit.image for digit in digits])
    answers = [top_two(probabilities) for probabilities in predict(images)]
    said = "".join(str(answer.best) for answer in answers)
    doubts = [digit.doubt_as(str(answer.best)) for digit, answer in zip(digits, answers, strict=True)]
    if any(doubts) or not all(answer.confident for answer in answers):
        return UNSURE, said
    return (RIGHT if said == photo.digits else WRONG), said


def main() -> int:
    """Run the benchmark and return its exit status."""
    writings, writers, quick = read_options("How the built-in network reads made photos of pen-written digits.")
    photos, pairs = (QUICK, QUICK // 2) if quick else (PHOTOS, PAIRS)
    describe_machine()
    print(f"# {writers}: {photos} photos of one digit, {pairs} of two", flush=True)
    return int(show(measure(writings, photos, pairs), quick))


if __name__ == "__main__":
    sys.exit(main())
