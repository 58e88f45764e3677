"""Separate the writing on a photo from paper, shadows, desk and rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from cnnlab.vision.digit_preprocessing import resize

STROKE_SHARE = 0.12
"""Strokes are narrower than this share of the photo's longer side; what is wider is paper, shadow or desk."""
MEDIAN_SIDE = 48
MIN_CONTRAST = 0.05
"""Ink differs from its paper by at least this share of the paper's brightness."""
DARKEST_PAPER, LIGHTEST_BOARD = 0.25, 0.5
"""Contrast is measured against paper of at least this brightness (for light ink, a board of this darkness), so that
noise on a dark desk stays noise."""
NOISE_FACTOR = 6.0
"""Ink differs from the paper by this many times the usual deviation of the paper itself."""
RULE_SLOPES = np.linspace(-0.18, 0.18, 73)
"""Slopes of rules that are searched for: up to ten degrees."""
MOST_SLOPES = 6
MIN_RULES = 4
"""From this many on, parallel lines are rules even if they do not reach the edges of the paper."""


@dataclass(frozen=True, eq=False)
class Writing:
    """What may be writing on a photo.

    Attributes:
        ink: float32 (height, width), contrast with the paper, 0 to 1; 0 where there is none.
        light: float32 (height, width), brightness of the photo; for light ink, its darkness.
        paper: float32 (height, width), the same of the paper around each pixel.
    """

    ink: np.ndarray
    light: np.ndarray
    paper: np.ndarray


def writing(pixels: np.ndarray, dark_on_light: bool) -> Writing:
    """Return what is darker (or lighter) than its surroundings and narrower than `STROKE_SHARE`, without rules.

    Args:
        pixels: float (height, width) or (height, width, 3), 0 to 1.
    """
    channels = pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels
    channels = channels if dark_on_light else 1 - channels
    reach = max(round(STROKE_SHARE * max(channels.shape[:2])), 3)
    smooth = [ndimage.gaussian_filter(channels[:, :, k].astype(np.float32), 0.6) for k in range(channels.shape[2])]
    papers = [_paper(channel, reach) for channel in smooth]
    least = DARKEST_PAPER if dark_on_light else LIGHTEST_BOARD
    contrast = np.max([_contrast(one, paper, least) for one, paper in zip(smooth, papers, strict=True)], axis=0)
    paper = np.mean(papers, axis=0)
    ink = _without_noise(contrast)
    for turned in (False, True):
        ink = _without_rules(ink.T, paper.T).T if turned else _without_rules(ink, paper)
    return Writing(ink, np.mean(smooth, axis=0), paper)


def _contrast(channel: np.ndarray, paper: np.ndarray, least: float) -> np.ndarray:
    """Return how much darker a channel is than its paper, and than most of what is around.

    The second leaves out the gaps between light strokes, which are as dark as everything else.
    """
    ground = np.minimum(paper, _usual(channel))
    return np.asarray((ground - channel) / np.maximum(ground, least))


def _usual(channel: np.ndarray) -> np.ndarray:
    """Return the median of a large neighborhood, from an image of about 50 pixels."""
    small = resize(channel, MEDIAN_SIDE / max(channel.shape))
    around = ndimage.median_filter(small, round(0.3 * MEDIAN_SIDE), mode="reflect")
    large = Image.fromarray(around).resize(channel.shape[::-1], Image.Resampling.BILINEAR)
    return np.asarray(large)


def _paper(channel: np.ndarray, reach: int) -> np.ndarray:
    """Return the brightness without dark details narrower than `reach`; pixels outside the photo do not count."""
    lightest = ndimage.maximum_filter(channel, reach, mode="constant", cval=-1)
    return np.asarray(ndimage.minimum_filter(lightest, reach, mode="constant", cval=2))


def _without_noise(contrast: np.ndarray) -> np.ndarray:
    """Return the contrast above what paper has by itself (its grain, and noise), 0 elsewhere."""
    usual = float(np.median(contrast))
    spread = 1.48 * float(np.median(np.abs(contrast - usual)))
    ink = contrast - usual
    ink[ink < max(NOISE_FACTOR * spread, MIN_CONTRAST)] = 0
    return ink.clip(0, 1).astype(np.float32)


def _without_rules(ink: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Erase thin, straight, nearly horizontal lines that cross the paper; strokes that cross them stay."""
    runs = _Runs(ink > 0)
    thickest = max(round(max(ink.shape) / 60), 3)
    rows, columns = runs.centers(thickest)
    sheet = paper > 0.5 * np.percentile(paper, 90)
    lines = _lines(rows, columns, sheet)
    cleared = ink.copy()
    for slope, start in lines:
        _erase(cleared, ink, runs, slope, start, thickest)
    return cleared


class _Runs:
    """The vertical runs of a mask: for each of its pixels, the first row of its run and the row after it."""

    def __init__(self, mask: np.ndarray) -> None:
        height = mask.shape[0]
        index = np.broadcast_to(np.arange(height)[:, np.newaxis], mask.shape)
        self.mask = mask
        self.first = np.maximum.accumulate(np.where(mask, -1, index), axis=0) + 1
        below = np.minimum.accumulate(np.where(mask, height, index)[::-1], axis=0)[::-1]
        self.after = below

    def centers(self, thickest: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows and columns of the middles of runs of at most `thickest` pixels."""
        rows, columns = np.nonzero(self.mask)
        first, after = self.first[rows, columns], self.after[rows, columns]
        chosen = (rows == (first + after - 1) // 2) & (after - first <= thickest)
        return rows[chosen], columns[chosen]


def _lines(rows: np.ndarray, columns: np.ndarray, sheet: np.ndarray) -> list[tuple[float, float]]:
    """Return rules as (slope, row at column 0)."""
    found: list[tuple[float, float]] = []
    left = np.ones(len(rows), bool)
    for _round in range(MOST_SLOPES):
        best = _best_slope(rows[left], columns[left], sheet.shape)
        if best is None:
            break
        slope, starts = best
        lines = [(slope, start) for start in starts]
        points = [left & (np.abs(rows - slope * columns - start) <= 2) for start in starts]
        shares = [_shares(columns[mine], line, sheet) for mine, line in zip(points, lines, strict=True)]
        many = sum(share >= 0.5 for share, _ends in shares) >= MIN_RULES
        for line, mine, (share, ends) in zip(lines, points, shares, strict=True):
            if (many and share >= 0.4) or (ends and share >= 0.7):
                found.append(line)
            left &= ~mine
    return found


def _best_slope(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> tuple[float, list[float]] | None:
    """Return the slope on which most points line up, and the starts of its lines."""
    height, width = shape
    if len(rows) < width / 4:
        return None
    margin = int(0.2 * width) + 4
    best, best_counts = 0.0, np.zeros(0, np.int64)
    for slope in RULE_SLOPES:
        starts = np.rint(rows - slope * columns).astype(int) + margin
        counts = np.bincount(starts, minlength=height + 2 * margin)[: height + 2 * margin]
        counts = np.convolve(counts, [1, 1, 1], "same")
        if not len(best_counts) or np.square(counts.astype(float)).sum() > np.square(best_counts.astype(float)).sum():
            best, best_counts = float(slope), counts
    peaks = (best_counts >= 0.25 * width) & (best_counts == ndimage.maximum_filter1d(best_counts, 7))
    starts = np.flatnonzero(peaks) - margin
    # Next to each other, two bins can share a peak.
    separate = starts[np.diff(starts, prepend=-(10**6)) > 3]
    return (best, [float(start) for start in separate]) if len(separate) else None


def _shares(columns: np.ndarray, line: tuple[float, float], sheet: np.ndarray) -> tuple[float, bool]:
    """Return the share of the paper's width that a line covers, and whether it reaches both edges of the paper."""
    height, width = sheet.shape
    across = np.arange(width)
    along = np.rint(line[0] * across + line[1]).astype(int)
    on_sheet = (along >= 0) & (along < height)
    on_sheet[on_sheet] = sheet[along[on_sheet], across[on_sheet]]
    length = int(on_sheet.sum())
    if length < 0.25 * width or not len(columns):
        return 0.0, False
    first, last = np.flatnonzero(on_sheet)[[0, -1]]
    near = 0.06 * length
    mine = np.unique(columns)
    return len(mine) / length, bool(mine[0] <= first + near and mine[-1] >= last - near)


def _erase(cleared: np.ndarray, ink: np.ndarray, runs: _Runs, slope: float, start: float, thickest: int) -> None:
    """Erase the pixels of one rule where no stroke crosses it."""
    height, width = ink.shape
    columns = np.arange(width)
    rows = np.rint(slope * columns + start).astype(int)
    nearest = np.full(width, -1)
    for shift in (3, -3, 2, -2, 1, -1, 0):
        at = rows + shift
        inside = (at >= 0) & (at < height)
        hit = inside.copy()
        hit[inside] = runs.mask[at[inside], columns[inside]]
        nearest[hit] = at[hit]
    columns = columns[nearest >= 0]
    nearest = nearest[nearest >= 0]
    if not len(columns):
        return
    first, after = runs.first[nearest, columns], runs.after[nearest, columns]
    tall = after - first
    usual = float(np.median(tall[tall <= thickest])) if (tall <= thickest).any() else float(thickest)
    level = float(np.median(ink[nearest, columns]))
    erased = (tall <= usual + 2) & (ink[nearest, columns] <= 1.6 * level)
    for column, top, bottom in zip(columns[erased], first[erased], after[erased], strict=True):
        cleared[max(top - 1, 0) : bottom + 1, column] = 0
