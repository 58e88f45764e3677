"""Photos of handwriting, made from pen strokes: paper, rules, shadow, desk, slant, color of the pen, JPEG."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from cnnlab.pretrain.pen_strokes import PenDigit, draw_strokes, scale_strokes

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Paper:
    """A kind of paper: its color, what is printed on it, its grain, and the colors of pens."""

    color: Color
    print: str = ""
    grain: float = 0.008
    pens: tuple[Color, ...] = ((0.1, 0.1, 0.12), (0.12, 0.2, 0.55), (0.7, 0.15, 0.15), (0.1, 0.45, 0.25), (0.38,) * 3)


CHALK: tuple[Color, ...] = ((0.92, 0.92, 0.9), (0.95, 0.85, 0.4), (0.9, 0.6, 0.65))
PAPERS = {
    "white": Paper((0.94, 0.94, 0.93)),
    "cream": Paper((0.95, 0.91, 0.8)),
    "ruled": Paper((0.95, 0.95, 0.94), "ruled"),
    "squared": Paper((0.95, 0.95, 0.95), "squared"),
    "dotted": Paper((0.96, 0.95, 0.92), "dotted"),
    "kraft": Paper((0.72, 0.58, 0.42), grain=0.03, pens=((0.1, 0.09, 0.08), (0.1, 0.13, 0.4))),
    "sticky note": Paper((0.97, 0.9, 0.45)),
    "blackboard": Paper((0.13, 0.2, 0.17), grain=0.02, pens=CHALK),
}
DESKS: tuple[Color, ...] = ((0.12, 0.1, 0.1), (0.4, 0.28, 0.18), (0.55, 0.55, 0.57), (0.25, 0.3, 0.38))
RULE_COLORS: tuple[Color, ...] = ((0.5, 0.6, 0.75), (0.55,) * 3, (0.7, 0.75, 0.85), (0.6, 0.8, 0.8))


@dataclass(frozen=True)
class MadePhoto:
    """A photo and what is written on it."""

    content: bytes
    digits: str
    paper: str


def make(writings: list[PenDigit], paper: str, seed: int) -> MadePhoto:
    """Make a photo of `writings` next to each other on a kind of paper; everything else is drawn with `seed`."""
    rng = np.random.default_rng(seed)
    kind, side = PAPERS[paper], int(rng.integers(600, 1300))
    sheet = _printed(kind, side, rng)
    ink = _written(writings, side, rng)
    pen = np.array(kind.pens[rng.integers(len(kind.pens))])
    strength = rng.uniform(0.75, 1.0) * ink[:, :, np.newaxis]
    sheet = sheet * (1 - strength) + pen * strength
    photo = _on_desk(sheet, rng) if rng.random() < 0.5 else _cut(sheet, rng)
    photo = photo * _light(photo.shape[:2], rng)[:, :, np.newaxis]
    photo = ndimage.gaussian_filter(photo, (*[rng.uniform(0.4, 1.6)] * 2, 0))
    photo += rng.normal(0, rng.uniform(0.003, 0.02), photo.shape)
    image = Image.fromarray((photo.clip(0, 1) * 255).round().astype(np.uint8))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=int(rng.integers(40, 93)))
    return MadePhoto(content.getvalue(), "".join(str(one.label) for one in writings), paper)


def _printed(kind: Paper, side: int, rng: np.random.Generator) -> np.ndarray:
    """Return a blank sheet float (side, side, 3), with its grain and what is printed on it."""
    grain = rng.normal(0, 1, (side, side))
    cloud = ndimage.zoom(rng.normal(0, 1, (9, 9)), side / 9, order=1)[:side, :side]
    sheet = np.array(kind.color) + (kind.grain * ndimage.gaussian_filter(grain, 0.8) * 2)[:, :, np.newaxis]
    sheet = sheet + 0.01 * cloud[:, :, np.newaxis]
    if not kind.print:
        return np.asarray(sheet)
    spacing, width = side * rng.uniform(0.03, 0.08), rng.uniform(0.8, 3.0) * side / 1000
    at = np.arange(side) + rng.uniform(0, spacing)
    line = np.clip(width / 2 + 0.5 - np.abs((at + spacing / 2) % spacing - spacing / 2), 0, 1)
    if kind.print == "ruled":
        printed = np.repeat(line[:, np.newaxis], side, axis=1)
    elif kind.print == "squared":
        printed = np.maximum(line[:, np.newaxis], line[np.newaxis])
    else:
        printed = np.minimum(*np.meshgrid(np.clip(line * 1.6, 0, 1), np.clip(line * 1.6, 0, 1)))
    color = np.array(RULE_COLORS[rng.integers(len(RULE_COLORS))])
    strength = rng.uniform(0.4, 1.0) * printed[:, :, np.newaxis]
    sheet = sheet * (1 - strength) + color * strength
    if kind.print == "ruled" and rng.random() < 0.5:
        left = int(side * rng.uniform(0.08, 0.2))
        sheet[:, left : left + max(round(width), 1)] = (0.85, 0.4, 0.4)
    return np.asarray(sheet)


def _written(writings: list[PenDigit], side: int, rng: np.random.Generator) -> np.ndarray:
    """Return the ink float (side, side), 0 to 1, of digits of similar size from left to right."""
    slant, turn = rng.uniform(-0.25, 0.25), np.deg2rad(rng.uniform(-8, 8))
    shape = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array([[1, slant], [0, 1]])
    height = side * rng.uniform(0.12, 0.5) / (1 if len(writings) == 1 else 1 + 0.5 * len(writings))
    boxes = []
    for one in writings:
        strokes = tuple(stroke @ shape.T for stroke in one.strokes)
        extent = np.ptp(np.concatenate(strokes), axis=0)
        longest = height * rng.uniform(0.9, 1.1)
        boxes.append((strokes, longest, extent / max(float(extent.max()), 1e-9) * longest))
    gap = height * rng.uniform(0.3, 0.7)
    width = sum(extent[0] for _strokes, _longest, extent in boxes) + gap * (len(boxes) - 1)
    left = rng.uniform(0.12 * side, max(0.88 * side - width, 0.121 * side))
    top = rng.uniform(0.12 * side, 0.88 * side - height * 1.1)
    scaled = []
    for strokes, longest, extent in boxes:
        scaled += scale_strokes(strokes, longest, (left, top + (height - extent[1]) / 2))
        left += extent[0] + gap
    return draw_strokes(scaled, side, max(height * rng.uniform(0.025, 0.12), 1.5))


def _cut(sheet: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the middle of the sheet, slightly turned, so that it fills the photo."""
    turned = _turn(sheet, rng.uniform(-5, 5), np.zeros(3))
    edge = round(0.05 * len(sheet))
    return turned[edge:-edge, edge:-edge]


def _on_desk(sheet: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the sheet on a desk with a grain, turned and shifted; a part of the sheet may be outside."""
    side = len(sheet)
    whole = round(side * rng.uniform(1.05, 1.5))
    desk = np.array(DESKS[rng.integers(len(DESKS))])
    streaks = ndimage.gaussian_filter(rng.normal(0, 1, (whole, whole)), (1.5, 40))
    ground = desk + 0.06 * (streaks / streaks.std() * rng.uniform(0, 1))[:, :, np.newaxis]
    place = rng.integers(0, whole - side + 1, 2)
    inside = np.zeros((whole, whole, 1))
    laid = np.zeros((whole, whole, 3))
    box = slice(place[0], place[0] + side), slice(place[1], place[1] + side)
    inside[box], laid[box] = 1, sheet
    angle = rng.uniform(-9, 9)
    laid, inside = _turn(laid, angle, np.zeros(3)), _turn(inside, angle, np.zeros(1))
    shadow = 1 - rng.uniform(0, 0.5) * ndimage.gaussian_filter(np.roll(inside, rng.integers(-9, 10), 1), (9, 9, 0))
    return np.asarray(ground * shadow * (1 - inside) + laid)


def _turn(pixels: np.ndarray, angle: float, fill: np.ndarray) -> np.ndarray:
    layers = [ndimage.rotate(pixels[:, :, k], angle, reshape=False, order=1, cval=fill[k]) for k in range(len(fill))]
    return np.stack(layers, axis=2)


def _light(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the light on a photo, 0 to 1: brighter on one side, and perhaps a shadow with a soft or a hard edge."""
    y, x = np.indices(shape) / max(shape)
    direction = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(direction) + (y - 0.5) * np.sin(direction)
    light = 1 - rng.uniform(0, 0.3) * (along + 0.5).clip(0, 1)
    if rng.random() < 0.6:
        direction = rng.uniform(0, 2 * np.pi)
        distance = (x - 0.5) * np.cos(direction) + (y - 0.5) * np.sin(direction) - rng.uniform(-0.3, 0.4)
        edge = rng.uniform(0.003, 0.15)
        light *= 1 - rng.uniform(0.2, 0.6) / (1 + np.exp(-(distance / edge).clip(-50, 50)))
    return np.asarray(light)
