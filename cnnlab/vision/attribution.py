"""Explain a network's prediction for one image, and find what would change it. Needs TensorFlow.

All functions take a `TracedNetwork` and the weights of one snapshot. Images are float32 (height, width, channels) in
0..1; `target` is a class. The score of a class is its value before a final softmax or sigmoid: after it, the gradients
of a confident prediction are nearly zero and mix the classes. Without a final softmax or sigmoid, the output is the
score.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import ndimage

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.snapshots import Weights
from cnnlab.vision.class_scores import forward
from cnnlab.vision.feature_maps import Graph, TracedNetwork
from cnnlab.vision.filters import CONVOLUTIONS

MIN_LEAD = 0.8
"""`towards` stops when the target's probability exceeds every other by this much."""
STEP_SIZE = 0.2
"""Change of the most effective pixel per step of `towards`; black to white is 1."""
CHANGE_PENALTY = 0.02
"""Weight of the penalty for change in `towards`, relative to a gradient of norm 1."""
MIN_EFFECT = 0.5
"""A step of `towards` changes only pixels with more than this share of the largest effect."""
SMOOTHING_DIVISOR = 28
"""The image side divided by this is the standard deviation of the smoothing in `towards` (one pixel for 28×28)."""


def grad_cam(traced: TracedNetwork, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """Return the Grad-CAM heatmap: where the last feature maps support `target`.

    Each map is weighted by the mean gradient of the score; negative values, which support other classes, are cut off.
    The maps are those of `maps_layer`. Source: Selvaraju and others, 2017, arXiv:1610.02391.

    Returns:
        float32 (height, width) of the image, interpolated bilinearly; the largest value of the maps is 1 (0 everywhere
        if nothing supports the class).

    Raises:
        CNNLabError: the network has no feature maps.
    """
    return _class_activation(_grad_cam_graph, traced, weights, image, target)


def hires_cam(traced: TracedNetwork, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """Return the HiResCAM heatmap: like `grad_cam`, but each value of a map has its own gradient as its weight.

    Where Flatten and one Dense layer follow the maps, the values before the cut add up to the score without its bias.
    Grad-CAM's means can all be negative there, which leaves its heatmap blank. Source: Draelos and Carin, 2020,
    arXiv:2011.08891.
    """
    return _class_activation(_hires_cam_graph, traced, weights, image, target)


def _class_activation(
    graph: Graph, traced: TracedNetwork, weights: Weights, image: np.ndarray, target: int
) -> np.ndarray:
    if maps_layer(traced.network) is None:
        raise CNNLabError(
            N_("Grad-CAM needs feature maps, but this network has no convolution."),
            N_("Choose a run whose network has a convolution, or use saliency or occlusion instead."),
        )
    heat: np.ndarray = traced.run(graph, weights, image[np.newaxis], np.array([target])).numpy()[0]
    return heat


def maps_layer(network: NetworkSpec) -> int | None:
    """Return the index of the layer whose maps Grad-CAM uses; None without a convolution.

    It is the last convolution, or the last layer after it with maps of the same size (normalization, activation):
    pooling would make the maps coarser.
    """
    rows = summarize(network).rows
    index = max((row.index for row in rows if row.layer.kind in CONVOLUTIONS), default=None)
    if index is None:
        return None
    size = (rows[index].output_shape or ())[:2]
    same = itertools.takewhile(
        lambda row: len(row.output_shape or ()) == 3 and (row.output_shape or ())[:2] == size, rows[index:]
    )
    return max(row.index for row in same)


def saliency(traced: TracedNetwork, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """Return the saliency map: the absolute gradient of the score of `target`, maximum over the channels.

    Source: Simonyan and others, 2013, arXiv:1312.6034.

    Returns:
        float32 (height, width), 1 at the strongest pixel (0 everywhere if no pixel matters).
    """
    gradient = _gradient(traced, weights, image, target)
    return _normalize(np.abs(gradient).max(axis=2), np.max)


def occlusion(
    traced: TracedNetwork,
    weights: Weights,
    image: np.ndarray,
    target: int,
    side: int | None = None,
    step: int | None = None,
) -> np.ndarray:
    """Return the occlusion map: how much the probability of `target` drops when a black square hides a region.

    Source: Zeiler and Fergus, 2014, arXiv:1311.2901.

    Args:
        side: side of the square in pixels; by default 5 for 28×28, in proportion for other sizes.
        step: distance between positions in pixels; by default 2 for 28×28, in proportion for other sizes.

    Returns:
        float32 (height, width), for each pixel the mean over all squares that hide it; -1..1 for probabilities.
        Negative: the network would be more confident without this region.
    """
    shortest = min(image.shape[:2])
    side = min(side or max(round(shortest * 5 / 28), 2), shortest)
    step = step or max(round(shortest * 2 / 28), 1)
    # The last square touches the edge, even if the steps end before it.
    rows, columns = ((*range(0, length - side, step), length - side) for length in image.shape[:2])
    regions = [(slice(row, row + side), slice(column, column + side)) for row in rows for column in columns]
    images = np.repeat(image[np.newaxis], len(regions) + 1, axis=0)
    for hidden, region in zip(images[1:], regions, strict=True):
        hidden[region] = 0
    before, *after = traced.probabilities(weights, images)[:, target]
    drops, times = np.zeros((2, *image.shape[:2]), np.float32)
    for region, probability in zip(regions, after, strict=True):
        drops[region] += before - probability
        times[region] += 1
    # With steps longer than the square, some pixels are never hidden.
    mean: np.ndarray = drops / np.maximum(times, 1)
    return mean


def features(traced: TracedNetwork, weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return the input of the last Dense layer (of the last layer if there is no Dense layer).

    Args:
        images: float32 (n, height, width, channels).

    Returns:
        float32 (n, k).
    """
    return traced.batched(_features_graph, weights, images)


def nearest(one: np.ndarray, many: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` rows of `many` (n, k) that are most similar to `one` (k,), nearest first.

    Returns:
        Their indices, int64, and their cosine distances, float32 in 0..2 (1 for a row of zeros, which has no
        direction).
    """
    # Unlike np.linalg.norm, einsum does not keep the squares of all of `many` in memory.
    lengths = np.sqrt(np.einsum("ij,ij->i", many, many)) * np.linalg.norm(one)
    cosines = np.divide(many @ one, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    indices = np.argsort(-cosines, kind="stable")[:count]
    return indices, (1 - cosines[indices]).clip(0, 2).astype(np.float32)


def towards(
    traced: TracedNetwork, weights: Weights, image: np.ndarray, target: int, steps: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """Change `image` step by step until the network predicts `target`: "what would make it a 3?"

    Gradient ascent on the lead of the target's score over the best other score, minus a penalty for the change: its
    squared norm (L2) and its total variation, which is large for noise. Each step is smoothed to the width of a stroke
    and changes only the pixels with the largest effect, so that whole strokes appear and vanish (after the activation
    maximization of Erhan and others, 2009, and the preferred images of Yosinski and others, 2015, arXiv:1506.06579).

    The result is one of many possible changes, found by ascent from this image. It is not the smallest change and not
    what a person would draw; it explains this network at this snapshot, not digits. A network that is easily fooled
    needs only smudges.

    Args:
        steps: maximum number of steps; stops earlier once the target's output exceeds every other by `MIN_LEAD`, or
            if no change helps.

    Returns:
        The images, float32 (steps taken + 1, height, width, channels) in 0..1, the first one unchanged, and the
        network's outputs for them, float32 (steps taken + 1, classes). The last image minus the first is the change.
    """
    images = [image.astype(np.float32)]
    outputs = [traced.probabilities(weights, image[np.newaxis])[0]]
    smoothness = min(image.shape[:2]) / SMOOTHING_DIVISOR
    while len(images) <= steps:
        present, others = images[-1], outputs[-1].copy()
        others[target] = -np.inf
        rival = int(others.argmax())
        if outputs[-1][target] - others[rival] >= MIN_LEAD:
            break
        ahead, behind = traced.run(
            _gradients_graph, weights, np.stack([present, present]), np.array([target, rival])
        ).numpy()
        uphill = _normalize(ahead - behind, np.linalg.norm)
        change = present - images[0]
        uphill -= CHANGE_PENALTY * (change + _total_variation_gradient(change))
        uphill = ndimage.gaussian_filter(uphill, (smoothness, smoothness, 0))
        # Ignore pixels that cannot change any further, so that they do not set the scale for the others.
        uphill[(present >= 1) & (uphill > 0) | (present <= 0) & (uphill < 0)] = 0
        uphill = _normalize(uphill, lambda values: np.abs(values).max())
        step = np.sign(uphill) * (np.abs(uphill) - MIN_EFFECT).clip(0) / (1 - MIN_EFFECT)
        if not step.any():
            break
        images.append((present + STEP_SIZE * step).clip(0, 1))
        outputs.append(traced.probabilities(weights, images[-1][np.newaxis])[0])
    return np.stack(images), np.stack(outputs)


def _normalize(values: np.ndarray, size: Callable[[np.ndarray], Any]) -> np.ndarray:
    """Divide `values` by `size(values)`, unless that is 0."""
    unit: np.ndarray = values / (size(values) or 1)
    return unit


def _total_variation_gradient(change: np.ndarray) -> np.ndarray:
    """Return the gradient of the total variation of `change` (height, width, channels).

    The total variation is the sum of the lengths of all differences between neighboring pixels; a small constant
    keeps the lengths above 0. Source: Rudin, Osher and Fatemi, 1992.
    """
    down = np.diff(change, axis=0, append=change[-1:])
    right = np.diff(change, axis=1, append=change[:, -1:])
    length = np.sqrt(down**2 + right**2 + 1e-4)
    down, right = down / length, right / length
    slope: np.ndarray = -down - right
    slope[1:] += down[:-1]
    slope[:, 1:] += right[:, :-1]
    return slope


def _gradient(traced: TracedNetwork, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """Return the gradient of the target's score for each pixel, (height, width, channels)."""
    gradient: np.ndarray = traced.run(_gradients_graph, weights, image[np.newaxis], np.array([target])).numpy()[0]
    return gradient


# Graphs that TensorFlow traces


def _grad_cam_graph(traced: TracedNetwork, images: Any, targets: Any) -> Any:
    maps, gradient = _maps_and_gradient(traced, images, targets)
    return _heat(traced, maps, tf.reduce_mean(gradient, axis=(1, 2), keepdims=True))


def _hires_cam_graph(traced: TracedNetwork, images: Any, targets: Any) -> Any:
    return _heat(traced, *_maps_and_gradient(traced, images, targets))


def _maps_and_gradient(traced: TracedNetwork, images: Any, targets: Any) -> tuple[Any, Any]:
    until = (maps_layer(traced.network) or 0) + 1
    maps = forward(traced, images, 0, until)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        scores = tf.gather(forward(traced, maps, until), targets, batch_dims=1)
    return maps, tape.gradient(scores, maps)


def _heat(traced: TracedNetwork, maps: Any, importance: Any) -> Any:
    heat = tf.nn.relu(tf.reduce_sum(importance * maps, axis=3, keepdims=True))
    strongest = tf.reduce_max(heat, axis=(1, 2, 3), keepdims=True)
    return tf.image.resize(tf.math.divide_no_nan(heat, strongest), traced.network.input_shape[:2])[..., 0]


def _gradients_graph(traced: TracedNetwork, images: Any, targets: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = tf.gather(forward(traced, images), targets, batch_dims=1)
    return tape.gradient(scores, images)


def _features_graph(traced: TracedNetwork, images: Any) -> Any:
    kinds = [layer.kind for layer in traced.network.layers]
    last = max((index for index, kind in enumerate(kinds) if kind == "Dense"), default=len(kinds) - 1)
    return tf.reshape(forward(traced, images, 0, last), (tf.shape(images)[0], -1))
