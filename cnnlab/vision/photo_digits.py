"""Find the digits on a photo or scan: the most digit-like group of strokes, and the digits next to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.vision.digit_preprocessing import Digit, prepare
from cnnlab.vision.image_files import downscale
from cnnlab.vision.photo_ink import DARKEST_PAPER, LIGHTEST_BOARD, Writing, writing
from cnnlab.vision.photo_scores import evenness, scored
from cnnlab.vision.photo_strokes import Group, pieces, together

DECODED_SIDE, WORKING_SIDE = 1120, 560
"""Longer side of a photo in pixels, as it is read, and as digits are searched for on it, or on a part of it."""
MARGIN = 0.25
"""Margin around what was found, as a share of it."""
DRAWN_SIDE, CANVAS_SIDE, PEN = 200, 280, 14.0
"""Longer side of a digit on its canvas, side of the canvas, and the least width of its strokes, in pixels."""
MORE_SHARE = 0.5
"""Other writing is mentioned from this share of the best score on."""
MIN_SCORE, MIN_EVENNESS = 0.01, 0.15
"""Groups with a lower score are no writing; pieces with a lower evenness of the paper around them are its edges."""


class Frame(NamedTuple):
    """A part of a photo; each side is a share of the photo's width or height, from its upper left corner."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """Return this part of `pixels` (height, width, ...), at least one pixel."""
        height, width = pixels.shape[:2]
        top, left = min(int(self.top * height), height - 1), min(int(self.left * width), width - 1)
        return pixels[top : max(round(self.bottom * height), top + 1), left : max(round(self.right * width), left + 1)]

    def within(self, outer: Frame) -> Frame:
        """Return this part of the part `outer`, as a part of the whole."""
        width, height = outer.right - outer.left, outer.bottom - outer.top
        return Frame(
            outer.left + self.left * width, outer.top + self.top * height,
            outer.left + self.right * width, outer.top + self.bottom * height,
        )  # fmt: skip


WHOLE = Frame()


@dataclass(frozen=True, eq=False)
class PhotoDigit:
    """A digit, or what is most like one, on a photo.

    Attributes:
        drawing: float32 (280, 280), white strokes on black, as on the canvas.
        frame: where it is.
        dot: whether it is a dot rather than strokes.
    """

    drawing: np.ndarray
    frame: Frame
    dot: bool

    def prepared(self, **steps: bool) -> Digit:
        """Return the input of a digit network; `steps` as for `prepare`."""
        digit = prepare(self.drawing, **steps)
        return replace(digit, dot=True) if self.dot else digit


@dataclass(frozen=True, eq=False)
class PhotoDigits:
    """The digits on a photo, from left to right.

    Attributes:
        dark_on_light: whether they are darker than their paper.
        more: whether there is other writing that looks nearly as much like a digit, in other rows.
    """

    digits: tuple[PhotoDigit, ...]
    dark_on_light: bool
    more: bool = False

    @property
    def frame(self) -> Frame:
        """The part of the photo around all digits, with a margin."""
        frames = [digit.frame for digit in self.digits]
        left, top = min(frame.left for frame in frames), min(frame.top for frame in frames)
        right, bottom = max(frame.right for frame in frames), max(frame.bottom for frame in frames)
        across, down = MARGIN * max(right - left, MARGIN), MARGIN * max(bottom - top, MARGIN)
        return Frame(max(left - across, 0), max(top - down, 0), min(right + across, 1), min(bottom + down, 1))


@dataclass(frozen=True, eq=False)
class _Candidates:
    """What may be digits if the ink is dark, or if it is light."""

    dark_on_light: bool
    found: Writing
    labels: np.ndarray
    groups: list[Group]


def find_digits(pixels: np.ndarray, dark_on_light: bool | None = None, frame: Frame = WHOLE) -> PhotoDigits:
    """Find the digits on a photo.

    Args:
        pixels: float (height, width) or (height, width, 3), 0 to 1.
        dark_on_light: whether the ink is darker than the paper; None: what gives the more digit-like strokes.
        frame: the part of the photo to search.

    Raises:
        CNNLabError: there is no writing.
    """
    part = frame.of(pixels)
    if max(part.shape[:2]) > WORKING_SIDE:
        part = downscale(part, WORKING_SIDE / max(part.shape[:2]))
    sides = (True, False) if dark_on_light is None else (dark_on_light,)
    candidates = [_candidates(part, side) for side in sides]
    if dark_on_light is None:
        candidates = _without_gaps(*candidates)
    best = max(candidates, key=lambda one: max((group.score for group in one.groups), default=0.0))
    if not best.groups:
        raise CNNLabError(
            N_("No writing was found in this picture."),
            N_("Put the frame around the digit, take the photo from closer up, or choose another picture."),
        )
    row = _row(best.groups)
    digits = [_digit(best.found, best.labels, group, frame) for group in row]
    enough = MORE_SHARE * max(group.score for group in row)
    more = any(group.score > enough and group not in row for group in best.groups)
    return PhotoDigits(tuple(digits), best.dark_on_light, more)


def _candidates(pixels: np.ndarray, dark_on_light: bool) -> _Candidates:
    found = writing(pixels, dark_on_light)
    labels, strokes = pieces(found.ink)
    brightest = max(float(np.percentile(found.paper, 90)), DARKEST_PAPER if dark_on_light else LIGHTEST_BOARD)
    strokes = [piece for piece in strokes if evenness(piece, found, labels)[0] > MIN_EVENNESS]
    groups = [scored(group, found, labels, brightest) for group in together(strokes, labels)]
    return _Candidates(dark_on_light, found, labels, [group for group in groups if group.score > MIN_SCORE])


def _without_gaps(dark: _Candidates, light: _Candidates) -> list[_Candidates]:
    """Leave out what lies between the strokes of a digit of the opposite brightness, which can look like ink too."""
    left = [(one, group) for one in (dark, light) for group in one.groups]
    left.sort(key=lambda pair: -pair[1].box.longest)
    kept: list[tuple[_Candidates, Group]] = []
    for one, group in left:
        if not any(other is not one and _is_gap(group, digit) for other, digit in kept):
            kept.append((one, group))
    return [replace(one, groups=[group for other, group in kept if other is one]) for one in (dark, light)]


def _is_gap(group: Group, digit: Group) -> bool:
    mine, around = group.box, digit.box
    down = min(mine.bottom, around.bottom) - max(mine.top, around.top)
    across = min(mine.right, around.right) - max(mine.left, around.left)
    inside = max(down, 0) * max(across, 0) > 0.6 * mine.height * mine.width
    return inside and around.longest > 1.1 * mine.longest and digit.score > 0.3 * group.score


def _row(groups: list[Group]) -> list[Group]:
    """Return the best group and the digits in the same row, from left to right."""
    best = max(groups, key=lambda group: group.score)
    row = [group for group in groups if group is best or _beside(best, group)]
    return sorted(row, key=lambda group: group.box.left)


def _beside(best: Group, group: Group) -> bool:
    mine, other = best.box, group.box
    shared = min(mine.bottom, other.bottom) - max(mine.top, other.top)
    alike = 0.4 < other.height / mine.height < 2.5 and 0.5 < group.level / best.level < 2
    thin = 0.4 < group.thickness / best.thickness < 2.5
    paper = 0.6 < group.paper / best.paper < 1.7
    return alike and thin and paper and shared > 0.5 * min(mine.height, other.height) and group.score > 0.4 * best.score


def _digit(found: Writing, labels: np.ndarray, group: Group, frame: Frame) -> PhotoDigit:
    """Return a group as a drawing on the canvas, its strokes at full brightness and at least as wide as a pen's."""
    box, edge = group.box, 3
    height, width = labels.shape
    rows = slice(max(box.top - edge, 0), min(box.bottom + edge, height))
    columns = slice(max(box.left - edge, 0), min(box.right + edge, width))
    mine = ndimage.binary_dilation(np.isin(labels[rows, columns], group.labels), np.ones((3, 3)))
    ink = np.where(mine, found.ink[rows, columns] / group.level, 0).clip(0, 1).astype(np.float32)
    factor = DRAWN_SIDE / box.longest
    size = max(round(ink.shape[1] * factor), 1), max(round(ink.shape[0] * factor), 1)
    large = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC))
    large = ((large - 0.25) / 0.4).clip(0, 1)
    missing = PEN - group.thickness * factor
    if missing > 1:
        large = _widened(large, missing / 2)
    place = Frame(box.left / width, box.top / height, box.right / width, box.bottom / height)
    return PhotoDigit(_on_canvas(large), place.within(frame), group.thickness > 0.45 * box.longest)


def _widened(strokes: np.ndarray, radius: float) -> np.ndarray:
    """Return strokes that are wider by `radius` on each side."""
    reach = int(np.ceil(radius))
    y, x = np.indices((2 * reach + 1, 2 * reach + 1)) - reach
    padded = np.pad(strokes, reach)
    return np.asarray(ndimage.grey_dilation(padded, footprint=np.hypot(y, x) <= radius + 0.3))


def _on_canvas(strokes: np.ndarray) -> np.ndarray:
    """Place strokes in the middle of the canvas."""
    side = max(CANVAS_SIDE, *strokes.shape)
    canvas = np.zeros((side, side), np.float32)
    top, left = ((side - length) // 2 for length in strokes.shape)
    canvas[top : top + strokes.shape[0], left : left + strokes.shape[1]] = strokes
    return canvas
