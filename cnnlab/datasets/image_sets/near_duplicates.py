"""Find images that show nearly the same, such as a burst of photos, so that they stay on one side of a split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 16
"""Height and width of the thumbnails that are compared."""


REDUCED_SIDE = 64
"""Images are scaled down to about this side before they are compared."""


class Likeness(NamedTuple):
    """When two images are nearly the same: the most bits of 64 in which their perceptual hashes differ, and the least
    correlation of their thumbnails."""

    distance: int
    correlation: float


ANYWHERE = Likeness(8, 0.99)
"""For any two images. Strict, since small gray images of centered things look much alike: with hashes alone, most of
MNIST's digits would be linked to one another. With this, the largest group of 8,000 Fashion-MNIST images has 3."""
BURST = Likeness(12, 0.85)
"""For photos next to one another by their names, as a burst is: of a moving thing, or from a moving hand."""
BURST_STEPS = 2
"""Photos up to this many places apart in the order of names can be of one burst."""
MIN_PHOTO_SIDE = 65
"""Smaller images show too little to tell a burst from things that look alike."""
_BLOCK = 256


def fingerprint(picture: Image.Image) -> tuple[int, npt.NDArray[np.uint8]]:
    """Return the perceptual hash (64 bits) of an image and its gray thumbnail, uint8 (16, 16).

    Source: pHash by a discrete cosine transform, as the package ImageHash computes it.
    """
    import imagehash

    # Scaled down by a whole number first, which is fastest.
    gray = picture.convert("L").reduce(max(min(picture.size) // REDUCED_SIDE, 1))
    bits = imagehash.phash(gray).hash
    thumbnail = np.asarray(gray.resize((SIDE, SIDE), Image.Resampling.BOX))
    return int.from_bytes(np.packbits(bits).tobytes(), "big"), thumbnail


def groups(
    hashes: npt.NDArray[np.uint64], thumbnails: npt.NDArray[np.uint8], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the number of the group of each image, (n,): near-duplicates, also by way of others, have the same.

    Args:
        hashes: perceptual hashes, (n,), of the images in the order of their names.
        thumbnails: gray thumbnails, (n, 16, 16).
        sizes: (width, height) of the images, (n, 2).
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    patterns = _standardized(thumbnails)
    pairs = np.concatenate(
        [
            *(_alike(pairs, hashes, patterns, ANYWHERE) for pairs in _near_hashes(hashes)),
            _alike(_neighbors(sizes), hashes, patterns, BURST),
        ],
        axis=1,
    )
    count = len(hashes)
    linked = coo_matrix((np.ones(pairs.shape[1], np.uint8), tuple(pairs)), shape=(count, count))
    _number, group = connected_components(linked, directed=False)
    return np.asarray(group, dtype=np.int64)


def _near_hashes(hashes: npt.NDArray[np.uint64]) -> Iterator[npt.NDArray[np.int64]]:
    """Yield pairs of images, (2, pairs), whose hashes are near; in blocks, since all would fill the memory."""
    for start in range(0, len(hashes), _BLOCK):
        distances = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:])
        one, other = np.nonzero(distances <= ANYWHERE.distance)
        yield np.stack([one, other])[:, one < other] + start


def _neighbors(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return pairs of photos, (2, pairs), that are next to one another."""
    first = np.arange(len(sizes))
    pairs = np.concatenate([np.stack([first[:-step], first[step:]]) for step in range(1, BURST_STEPS + 1)], axis=1)
    photos = sizes.min(axis=1) >= MIN_PHOTO_SIDE
    return pairs[:, photos[pairs].all(axis=0)]


def _alike(
    pairs: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    patterns: npt.NDArray[np.float32],
    least: Likeness,
) -> npt.NDArray[np.int64]:
    """Return those of the pairs, (2, pairs), that are nearly the same."""
    one, other = pairs
    near = np.bitwise_count(hashes[one] ^ hashes[other]) <= least.distance
    correlation = (patterns[one] * patterns[other]).sum(axis=1)
    return pairs[:, near & (correlation >= least.correlation)]


def _standardized(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return thumbnails as vectors whose dot product is their correlation; images without contrast are all alike."""
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.maximum(lengths, 1)
    flat[lengths[:, 0] < 1] = 1 / SIDE
    return flat
