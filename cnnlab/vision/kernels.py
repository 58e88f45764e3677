"""Hand-designed kernels by name, and which of them a learned kernel resembles.

A kernel is correlated with the picture, as CNNs and the study notes do it, and not turned round first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cnnlab.marks import N_

Weights = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Kernel:
    """A kernel with its title and what it does (both marked)."""

    title: str
    about: str
    weights: Weights

    @property
    def array(self) -> np.ndarray:
        """float64 (height, width)."""
        return np.array(self.weights, dtype=float)


def _scaled(divisor: float, *rows: tuple[float, ...]) -> Weights:
    return tuple(tuple(value / divisor for value in row) for row in rows)


KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        "notes-horizontal": Kernel(
            N_("Horizontal edges (study notes)"),
            N_("Positive where a stroke ends downwards: light above, dark below."),
            ((1, 1, 1), (1, 1, 1), (-2, -2, -2)),
        ),
        "notes-vertical": Kernel(
            N_("Vertical edges (study notes)"),
            N_("Positive where a stroke begins from the left: dark left, light right."),
            ((-2, 1, 1), (-2, 1, 1), (-2, 1, 1)),
        ),
        "sobel-horizontal": Kernel(
            N_("Sobel, horizontal edges"),
            N_("The change from above to below, smoothed sideways."),
            ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        ),
        "sobel-vertical": Kernel(
            N_("Sobel, vertical edges"),
            N_("The change from left to right, smoothed upwards and downwards."),
            ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        ),
        "prewitt-horizontal": Kernel(
            N_("Prewitt, horizontal edges"),
            N_("The change from above to below, every column alike."),
            ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
        ),
        "prewitt-vertical": Kernel(
            N_("Prewitt, vertical edges"),
            N_("The change from left to right, every row alike."),
            ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
        ),
        "laplacian": Kernel(
            N_("Laplacian"),
            N_("Lights up wherever a pixel differs from its four neighbours."),
            ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        ),
        "laplacian-8": Kernel(
            N_("Laplacian with diagonals"),
            N_("Lights up wherever a pixel differs from its eight neighbours."),
            ((1, 1, 1), (1, -8, 1), (1, 1, 1)),
        ),
        "diagonal-down": Kernel(
            N_("Diagonal lines, downwards"),
            N_("Answers to strokes that fall from left to right."),
            ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
        ),
        "diagonal-up": Kernel(
            N_("Diagonal lines, upwards"),
            N_("Answers to strokes that rise from left to right."),
            ((-1, -1, 2), (-1, 2, -1), (2, -1, -1)),
        ),
        "box": Kernel(
            N_("Box smoothing"),
            N_("The plain mean of nine pixels."),
            _scaled(9, (1, 1, 1), (1, 1, 1), (1, 1, 1)),
        ),
        "gaussian": Kernel(
            N_("Gaussian smoothing"),
            N_("A mean that counts near pixels more."),
            _scaled(16, (1, 2, 1), (2, 4, 2), (1, 2, 1)),
        ),
        "gaussian-5": Kernel(
            N_("Gaussian smoothing, 5×5"),
            N_("The same over a wider neighbourhood."),
            _scaled(256, (1, 4, 6, 4, 1), (4, 16, 24, 16, 4), (6, 24, 36, 24, 6), (4, 16, 24, 16, 4), (1, 4, 6, 4, 1)),
        ),
        "sharpen": Kernel(
            N_("Sharpen"),
            N_("The picture plus its own edges."),
            ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        ),
        "emboss": Kernel(
            N_("Emboss"),
            N_("Strokes stand out as if lit from the upper left."),
            ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        ),
        "identity": Kernel(
            N_("Identity"),
            N_("Changes nothing: the one in the middle copies each pixel."),
            ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
        ),
    }
)
"""Name -> kernel; the notes' own two first."""


def resemblance(kernel: np.ndarray) -> tuple[str, float]:
    """The hand-designed kernel of the same size that `kernel` (height, width) resembles most.

    Returns:
        Its name and the cosine of the two, -1 to 1; the sign says whether the learned one is its negative. A kernel of
        zeros, or of a size that no hand-designed one has, resembles none: ("", 0.0).
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
