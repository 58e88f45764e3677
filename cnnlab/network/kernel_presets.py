"""Hand-designed kernels by name, and the one that is most similar to a learned kernel.

Kernels are correlated with the image, as in CNNs and the study notes; they are not flipped first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cnnlab.i18n.marks import N_

Weights = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Kernel:
    """A kernel with its title and description (both marked)."""

    title: str
    about: str
    weights: Weights

    @property
    def array(self) -> np.ndarray:
        """Return the weights as float64 (height, width)."""
        return np.array(self.weights, dtype=float)


def _scaled(divisor: float, *rows: tuple[float, ...]) -> Weights:
    return tuple(tuple(value / divisor for value in row) for row in rows)


KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        "notes-horizontal": Kernel(
            N_("Horizontal edges (study notes)"),
            N_("Positive at the lower edge of a stroke: light above, dark below."),
            ((1, 1, 1), (1, 1, 1), (-2, -2, -2)),
        ),
        "notes-vertical": Kernel(
            N_("Vertical edges (study notes)"),
            N_("Positive at the left edge of a stroke: dark on the left, light on the right."),
            ((-2, 1, 1), (-2, 1, 1), (-2, 1, 1)),
        ),
        "sobel-horizontal": Kernel(
            N_("Sobel, horizontal edges"),
            N_("Change from top to bottom, smoothed horizontally."),
            ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        ),
        "sobel-vertical": Kernel(
            N_("Sobel, vertical edges"),
            N_("Change from left to right, smoothed vertically."),
            ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        ),
        "prewitt-horizontal": Kernel(
            N_("Prewitt, horizontal edges"),
            N_("Change from top to bottom, all columns weighted equally."),
            ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
        ),
        "prewitt-vertical": Kernel(
            N_("Prewitt, vertical edges"),
            N_("Change from left to right, all rows weighted equally."),
            ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
        ),
        "laplacian": Kernel(
            N_("Laplacian"),
            N_("Lights up wherever a pixel differs from its four neighbors."),
            ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        ),
        "laplacian-8": Kernel(
            N_("Laplacian with diagonals"),
            N_("Lights up wherever a pixel differs from its eight neighbors."),
            ((1, 1, 1), (1, -8, 1), (1, 1, 1)),
        ),
        "diagonal-down": Kernel(
            N_("Diagonal lines, downward"),
            N_("Responds to strokes that fall from left to right."),
            ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
        ),
        "diagonal-up": Kernel(
            N_("Diagonal lines, upward"),
            N_("Responds to strokes that rise from left to right."),
            ((-1, -1, 2), (-1, 2, -1), (2, -1, -1)),
        ),
        "box": Kernel(
            N_("Box smoothing"),
            N_("The mean of nine pixels, all weighted equally."),
            _scaled(9, (1, 1, 1), (1, 1, 1), (1, 1, 1)),
        ),
        "gaussian": Kernel(
            N_("Gaussian smoothing"),
            N_("A mean that gives nearby pixels more weight."),
            _scaled(16, (1, 2, 1), (2, 4, 2), (1, 2, 1)),
        ),
        "gaussian-5": Kernel(
            N_("Gaussian smoothing, 5×5"),
            N_("Gaussian smoothing over a larger neighborhood."),
            _scaled(256, (1, 4, 6, 4, 1), (4, 16, 24, 16, 4), (6, 24, 36, 24, 6), (4, 16, 24, 16, 4), (1, 4, 6, 4, 1)),
        ),
        "sharpen": Kernel(
            N_("Sharpen"),
            N_("The image plus its edges."),
            ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        ),
        "emboss": Kernel(
            N_("Emboss"),
            N_("Strokes stand out as if lit from the upper left."),
            ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        ),
        "identity": Kernel(
            N_("Identity"),
            N_("Changes nothing: the 1 in the middle copies each pixel."),
            ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
        ),
    }
)
"""Name -> kernel; the two of the study notes come first."""


def most_similar(kernel: np.ndarray) -> tuple[str, float]:
    """Return the hand-designed kernel of the same size that is most similar to `kernel` (height, width).

    Returns:
        Its name and the cosine similarity, -1 to 1; negative if the learned kernel is its inverse. ("", 0.0) for a
        kernel of zeros, or of a size that no hand-designed kernel has.
    """
    best, figure = "", 0.0
    length = float(np.linalg.norm(kernel))
    for name, known in KERNELS.items():
        if known.array.shape != kernel.shape or not length:
            continue
        cosine = float(np.vdot(kernel, known.array)) / (length * float(np.linalg.norm(known.array)))
        if abs(cosine) > abs(figure):
            best, figure = name, cosine
    return best, figure
