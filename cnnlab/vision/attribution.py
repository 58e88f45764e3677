"""Why a network answers as it does for one image, and what would change its mind. Needs TensorFlow.

Everything is asked of a `Looker` with the weights of one moment. Images are float32 (height, width, channels) in 0..1;
`target` is a class. A class's score is its number before a softmax or sigmoid at the end of the network: after it, the
gradients of a sure answer are nearly zero, and mix the classes. Where the network ends otherwise, its output is the
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
from cnnlab.marks import N_
from cnnlab.network.shapes import summarize
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.snapshots import Weights
from cnnlab.vision.feature_maps import Looker
from cnnlab.vision.filters import WITH_KERNELS

IDLE = ("Dropout", "GaussianNoise", "Flatten")
"""Layers that, after training, hand on the numbers of a vector as they are."""

LEAD = 0.8
"""`towards` ends when the target's probability is so much above every other one."""
STEP = 0.2
"""How much a step of `towards` changes the pixel that helps most, black to white being 1."""
PENALTY = 0.02
"""What a change of `towards` costs, against a slope of length 1."""
CONCENTRATION = 0.5
"""Only pixels that help more than this share of the best one are changed in a step of `towards`."""
STROKE = 28
"""Steps of `towards` are smoothed by the image's side over this (one pixel, as a standard deviation, for 28×28)."""


def grad_cam(looker: Looker, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """Where the last feature maps speak for `target` (Grad-CAM: Selvaraju and others, 2017, arXiv:1610.02391).

    Each map counts as much as the score follows its mean value; what is left below zero speaks for other classes, and
    is cut off. The maps are those of `maps_layer`.

    Returns:
        float32 (height, width) of the image, bilinear between the maps' values; 1 at the strongest of these (0
        everywhere where nothing speaks for the class).

    Raises:
        CNNLabError: the network makes no feature maps.
    """
    if maps_layer(looker.network) is None:
        raise CNNLabError(
            N_("Grad-CAM looks at feature maps, but this network has no convolution that makes any."),
            N_("Choose a run of a network with a convolution, or saliency or occlusion, which every network has."),
        )
    heat: np.ndarray = looker.run(_heat, weights, image[np.newaxis], np.array([target])).numpy()[0]
    return heat


def maps_layer(network: NetworkSpec) -> int | None:
    """The index of the layer whose maps Grad-CAM looks at; None where there is no convolution.

    It is the last convolution, or the last of the normalizations and activations that follow it before its maps change
    size: a pooling would make them coarser.
    """
    rows = summarize(network).rows
    index = max((row.index for row in rows if row.layer.kind in WITH_KERNELS), default=None)
    if index is None:
        return None
    size = (rows[index].output_shape or ())[:2]
    same = itertools.takewhile(
        lambda row: len(row.output_shape or ()) == 3 and (row.output_shape or ())[:2] == size, rows[index:]
    )
    return max(row.index for row in same)


def saliency(looker: Looker, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """How strongly the score of `target` follows each pixel, brighter or darker (Simonyan and others, 2013,
    arXiv:1312.6034): the gradient's size, the largest over the channels.

    Returns:
        float32 (height, width), 1 at the strongest pixel (0 everywhere where no pixel matters).
    """
    gradient = _slope(looker, weights, image, target)
    return _unit(np.abs(gradient).max(axis=2), np.max)


def occlusion(
    looker: Looker, weights: Weights, image: np.ndarray, target: int, side: int | None = None, step: int | None = None
) -> np.ndarray:
    """How much the probability of `target` falls when a black square hides a place (Zeiler and Fergus, 2014,
    arXiv:1311.2901).

    Args:
        side, step: of the square, and between one place and the next, in pixels. By default 5 and 2 for an image of
            28×28, and in this proportion for others.

    Returns:
        float32 (height, width), for each pixel the mean over all squares that hide it; -1..1 for probabilities. Below
        zero: without this place the network would be surer.
    """
    shortest = min(image.shape[:2])
    side = min(side or max(round(shortest * 5 / 28), 2), shortest)
    step = step or max(round(shortest * 2 / 28), 1)
    # The last square touches the edge, also where the steps would end before it.
    rows, columns = ((*range(0, length - side, step), length - side) for length in image.shape[:2])
    places = [(slice(row, row + side), slice(column, column + side)) for row in rows for column in columns]
    images = np.repeat(image[np.newaxis], len(places) + 1, axis=0)
    for hidden, place in zip(images[1:], places, strict=True):
        hidden[place] = 0
    before, *after = looker.probabilities(weights, images)[:, target]
    falls, times = np.zeros((2, *image.shape[:2]), np.float32)
    for place, probability in zip(places, after, strict=True):
        falls[place] += before - probability
        times[place] += 1
    # Steps longer than the square leave places that nothing hid.
    mean: np.ndarray = falls / np.maximum(times, 1)
    return mean


def features(looker: Looker, weights: Weights, images: np.ndarray) -> np.ndarray:
    """What the last Dense layer decides by: the numbers that enter it (for a network without one, its last layer).

    Args:
        images: float32 (n, height, width, channels).

    Returns:
        float32 (n, k).
    """
    return looker.batched(_features, weights, images)


def nearest(one: np.ndarray, many: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` rows of `many` (n, k) most alike to `one` (k,), nearest first.

    Returns:
        Their indices, int64, and their cosine distances, float32 in 0..2 (1 from or to a row of zeros, which has no
        direction).
    """
    # Without the squares of all of `many` in memory, as np.linalg.norm would need.
    lengths = np.sqrt(np.einsum("ij,ij->i", many, many)) * np.linalg.norm(one)
    cosines = np.divide(many @ one, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    indices = np.argsort(-cosines, kind="stable")[:count]
    return indices, (1 - cosines[indices]).clip(0, 2).astype(np.float32)


def towards(
    looker: Looker, weights: Weights, image: np.ndarray, target: int, steps: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """Change `image` little by little until the network takes it for `target`: "what would make it a 3?"

    Gradient ascent on how far the target's score is ahead of the best other one, less a penalty for change: its squared
    size (L2), and its total variation, which noise has most of. A step is smoothed to the width of a stroke and changes
    only the places that help most, so that strokes come and go instead of everything a little (after the activation
    maximization of Erhan and others, 2009, and the preferred images of Yosinski and others, 2015, arXiv:1506.06579).

    It is one change of many that would do, found by going uphill from this image; neither the smallest one nor what a
    person would draw, and it tells of this network at this moment, not of digits. A network that is fooled easily is
    content with smudges.

    Args:
        steps: at most so many; it ends once the target's output is `LEAD` above every other one, or where no change
            helps.

    Returns:
        The images, float32 (taken + 1, height, width, channels) in 0..1, the first one unchanged, and the network's
        outputs for them, float32 (taken + 1, classes); the last image less the first is the change.
    """
    images = [image.astype(np.float32)]
    answers = [looker.probabilities(weights, image[np.newaxis])[0]]
    smoothness = min(image.shape[:2]) / STROKE
    while len(images) <= steps:
        present, others = images[-1], answers[-1].copy()
        others[target] = -np.inf
        rival = int(others.argmax())
        if answers[-1][target] - others[rival] >= LEAD:
            break
        ahead, behind = looker.run(_slopes, weights, np.stack([present, present]), np.array([target, rival])).numpy()
        uphill = _unit(ahead - behind, np.linalg.norm)
        change = present - images[0]
        uphill -= PENALTY * (change + _variation_slope(change))
        uphill = ndimage.gaussian_filter(uphill, (smoothness, smoothness, 0))
        # A pixel that is white already, or black, must not keep others from being the ones that help most.
        uphill[(present >= 1) & (uphill > 0) | (present <= 0) & (uphill < 0)] = 0
        uphill = _unit(uphill, lambda values: np.abs(values).max())
        step = np.sign(uphill) * (np.abs(uphill) - CONCENTRATION).clip(0) / (1 - CONCENTRATION)
        if not step.any():
            break
        images.append((present + STEP * step).clip(0, 1))
        answers.append(looker.probabilities(weights, images[-1][np.newaxis])[0])
    return np.stack(images), np.stack(answers)


def _unit(values: np.ndarray, size: Callable[[np.ndarray], Any]) -> np.ndarray:
    """`values` divided by their size; as they are where it is 0."""
    unit: np.ndarray = values / (size(values) or 1)
    return unit


def _variation_slope(change: np.ndarray) -> np.ndarray:
    """The gradient of the total variation (Rudin, Osher and Fatemi, 1992): of the lengths of all steps between pixels.

    `change` is (height, width, channels); a little is added to every length, which may be 0.
    """
    down = np.diff(change, axis=0, append=change[-1:])
    right = np.diff(change, axis=1, append=change[:, -1:])
    length = np.sqrt(down**2 + right**2 + 1e-4)
    down, right = down / length, right / length
    slope: np.ndarray = -down - right
    slope[1:] += down[:-1]
    slope[:, 1:] += right[:, :-1]
    return slope


def _slope(looker: Looker, weights: Weights, image: np.ndarray, target: int) -> np.ndarray:
    """The gradient of the target's score by each pixel, (height, width, channels)."""
    gradient: np.ndarray = looker.run(_slopes, weights, image[np.newaxis], np.array([target])).numpy()[0]
    return gradient


# What TensorFlow traces


def _heat(looker: Looker, images: Any, targets: Any) -> Any:
    until = (maps_layer(looker.network) or 0) + 1
    maps = _through(looker, images, 0, until)
    with tf.GradientTape() as tape:
        tape.watch(maps)
        scores = tf.gather(_through(looker, maps, until), targets, batch_dims=1)
    importance = tf.reduce_mean(tape.gradient(scores, maps), axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(importance * maps, axis=3, keepdims=True))
    strongest = tf.reduce_max(heat, axis=(1, 2, 3), keepdims=True)
    return tf.image.resize(tf.math.divide_no_nan(heat, strongest), looker.network.input_shape[:2])[..., 0]


def _slopes(looker: Looker, images: Any, targets: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = tf.gather(_through(looker, images), targets, batch_dims=1)
    return tape.gradient(scores, images)


def _features(looker: Looker, images: Any) -> Any:
    kinds = [layer.kind for layer in looker.network.layers]
    last = max((index for index, kind in enumerate(kinds) if kind == "Dense"), default=len(kinds) - 1)
    return tf.reshape(_through(looker, images, 0, last), (tf.shape(images)[0], -1))


def _through(looker: Looker, values: Any, start: int = 0, stop: int | None = None) -> Any:
    """What the layers from `start` to before `stop` make of `values`, without the activation that ends the network."""
    bare = _answering(looker.network)
    for index, layer in list(enumerate(looker.layers))[start:stop]:
        if index != bare:
            values = layer(values, training=False)
        elif looker.network.layers[index].kind == "Dense":
            values = tf.matmul(values, layer.kernel)
            values = values if layer.bias is None else values + layer.bias
    return values


def _answering(network: NetworkSpec) -> int | None:
    """The index of the layer whose softmax or sigmoid the network ends with, if there is one."""
    for index, layer in reversed(list(enumerate(network.layers))):
        if layer.kind in IDLE:
            continue
        if layer.kind in ("Dense", "Activation") and getattr(layer, "activation", None) in ("softmax", "sigmoid"):
            return index
        return None
    return None
