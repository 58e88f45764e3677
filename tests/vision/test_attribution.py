"""Explanations against slow, independent computations on the raw Keras model, for every form a network can end in."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from scipy.spatial.distance import cosine

from cnnlab.datasets import load, scaled
from cnnlab.errors import CNNLabError
from cnnlab.network.build import build
from cnnlab.network.layers import (
    Activation,
    AnyLayer,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.callbacks.reporting import weights_of
from cnnlab.training.snapshots import Weights
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train
from cnnlab.vision.attribution import (
    MIN_LEAD,
    features,
    grad_cam,
    hires_cam,
    maps_layer,
    nearest,
    occlusion,
    saliency,
    towards,
)
from cnnlab.vision.feature_maps import TracedNetwork


def network(*layers: AnyLayer) -> NetworkSpec:
    return NetworkSpec(input_shape=(9, 8, 2), layers=layers)


CONV = network(
    Conv2D(filters=3, activation="tanh"),
    Conv2D(filters=4, kernel_size=(2, 2)),
    BatchNormalization(),
    Activation(activation="softplus"),
    AveragePooling2D(),
    Dropout(rate=0.5),
    Flatten(),
    Dense(units=5, activation="tanh"),
    Dense(units=3, activation="softmax"),
)
SEPARABLE = network(
    SeparableConv2D(filters=4, activation="tanh", padding="same"),
    AveragePooling2D(),
    DepthwiseConv2D(kernel_size=(2, 2), activation="silu"),
    GlobalAveragePooling2D(),
    Dense(units=3, use_bias=False, activation="softmax"),
    Dropout(rate=0.2),
)
LINEAR = network(Conv2D(filters=4, activation="gelu"), Flatten(), Dense(units=3))
SIGMOID = network(Conv2D(filters=4, activation="tanh"), Flatten(), Dense(units=3, activation="sigmoid"))
APART = network(
    Conv2D(filters=2, activation="silu"),
    Flatten(),
    Dense(units=3),
    BatchNormalization(),
    Activation(activation="softmax"),
)
WITHOUT_DENSE = network(Conv2D(filters=2, activation="tanh"), Conv2D(filters=3), GlobalAveragePooling2D())
FLAT = network(Flatten(), Dense(units=6, activation="tanh"), Dense(units=3, activation="softmax"))
ALL = {
    "conv": CONV,
    "separable": SEPARABLE,
    "linear": LINEAR,
    "sigmoid": SIGMOID,
    "apart": APART,
    "without dense": WITHOUT_DENSE,
    "flat": FLAT,
}
SCORED = {"conv": 8, "separable": 4, "linear": 2, "sigmoid": 2, "apart": 3, "without dense": 2, "flat": 2}
"""The layer that gives the scores, without its activation."""
MAPS = {"conv": 3, "separable": 2, "linear": 0, "sigmoid": 0, "apart": 0, "without dense": 1, "flat": None}
HIDDEN = {"conv": 7, "separable": 3, "linear": 1, "sigmoid": 1, "apart": 1, "without dense": 1, "flat": 1}
"""The layer whose output the deciding layer receives."""
every = pytest.mark.parametrize("name", ALL)

images = np.random.default_rng(0).random((4, 9, 8, 2)).astype(np.float32)


def weighted(spec: NetworkSpec, seed: int = 1) -> tuple[keras.Model, Weights]:
    """A Keras model of its own with random weights, and these weights."""
    rng = np.random.default_rng(seed)
    model = build(spec)
    for layer in model.layers:
        normal = [rng.normal(0, 0.6, array.shape) for array in layer.get_weights()]
        if isinstance(layer, keras.layers.BatchNormalization):
            normal = [np.abs(array) + 0.5 for array in normal]
        layer.set_weights(normal)
    return model, weights_of(model)


def scores_of(name: str, model: keras.Model) -> keras.Model:
    """Images -> the scores, as a model; `model` loses the activation at its end."""
    layer = model.layers[SCORED[name]]
    if isinstance(layer, keras.layers.Dense):
        layer.activation = keras.activations.linear
    return keras.Model(model.inputs[0], layer.output)


def bilinear(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """`grid` stretched; pixels are squares whose values stand in their middle, and beyond the last one it is level."""
    rows = (np.arange(height) + 0.5) * grid.shape[0] / height - 0.5
    columns = (np.arange(width) + 0.5) * grid.shape[1] / width - 0.5
    places = np.meshgrid(rows, columns, indexing="ij")
    return ndimage.map_coordinates(grid, places, order=1, mode="nearest")


@every
def test_grad_cam_as_computed_by_hand_on_the_raw_model(name: str) -> None:
    assert maps_layer(ALL[name]) == MAPS[name]
    index = MAPS[name]
    traced = TracedNetwork(ALL[name])
    seen = 0
    for seed in (1, 2, 1):
        model, weights = weighted(ALL[name], seed)
        if index is None:
            with pytest.raises(CNNLabError, match=r"^Grad-CAM needs feature maps, but .*\. Choose a run whose network"):
                grad_cam(traced, weights, images[0], 0)
            continue
        scores_of(name, model)
        front = keras.Model(model.inputs[0], model.layers[index].output)
        for image, target in ((images[0], 0), (images[1], 2), (images[1].astype(np.float64), 1)):
            maps = front(image[np.newaxis].astype(np.float32))
            with tf.GradientTape() as tape:
                tape.watch(maps)
                score = maps
                for layer in model.layers[index + 1 : SCORED[name] + 1]:
                    score = layer(score)
                picked = score[0, target]
            gradients = tape.gradient(picked, maps).numpy()[0]
            heat = np.zeros(maps.shape[1:3])
            for channel in range(maps.shape[3]):
                heat += gradients[:, :, channel].mean() * maps.numpy()[0, :, :, channel]
            heat = heat.clip(0)
            seen += heat.max() > 0
            expected = bilinear(heat / (heat.max() or 1), 9, 8)
            result = grad_cam(traced, weights, image, target)
            assert (result.shape, result.dtype) == ((9, 8), np.float32)
            np.testing.assert_allclose(result, expected, atol=2e-5)
    assert seen >= (3 if index is not None else 0)


def test_hires_cam_where_grad_cam_is_blank() -> None:
    # One map that is the image; of its 72 positions, one speaks for class 0 and the others against it.
    plain = NetworkSpec(input_shape=(9, 8, 1), layers=(Conv2D(filters=1, kernel_size=1), Flatten(), Dense(units=2)))
    slopes = np.full((72, 2), -0.5, np.float32)
    slopes[8 * 4 + 3, 0] = 2
    kernel, bias = np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32)
    weights = {"conv2d": (kernel, bias), "flatten": (), "dense": (slopes, np.zeros(2, np.float32))}
    traced, image = TracedNetwork(plain), images[0, :, :, :1]
    assert not grad_cam(traced, weights, image, 0).any()
    found = hires_cam(traced, weights, image, 0)
    assert np.argwhere(found).tolist() == [[4, 3]] and found[4, 3] == 1
    # Nothing speaks for class 1 anywhere.
    assert not hires_cam(traced, weights, image, 1).any()


def test_hires_cam_adds_up_to_the_score_before_the_cut() -> None:
    # Flatten and Dense follow the maps: where every term is positive, nothing is cut off.
    model, weights = weighted(LINEAR)
    weights["dense"] = (np.abs(weights["dense"][0]), weights["dense"][1])
    model.layers[-1].set_weights(weights["dense"])
    maps = model.layers[0](images[:1]).numpy()[0]
    terms = (maps * weights["dense"][0][:, 2].reshape(maps.shape)).sum(axis=2)
    score = float(model(images[:1]).numpy()[0, 2]) - float(weights["dense"][1][2])
    assert terms.sum() == pytest.approx(score, rel=1e-4)
    expected = bilinear(terms.clip(0) / terms.max(), 9, 8)
    np.testing.assert_allclose(hires_cam(TracedNetwork(LINEAR), weights, images[0], 2), expected, atol=2e-5)


def test_the_maps_before_a_pooling_are_the_ones_looked_at() -> None:
    conv, head = Conv2D(filters=2), (Flatten(), Dense(units=3))
    assert maps_layer(network(MaxPooling2D(), *head)) is None
    assert maps_layer(network(conv, MaxPooling2D(), *head)) == 0
    assert maps_layer(network(conv, MaxPooling2D(), conv, BatchNormalization(), Dropout(rate=0.1), *head)) == 4
    assert maps_layer(network(conv, ZeroPadding2D(), Activation(activation="relu"), *head)) == 0
    # Nothing but maps: the softmax is over the channels of a single place.
    all_conv = network(Conv2D(filters=3, kernel_size=(9, 8)), Activation(activation="softmax"), Flatten())
    assert maps_layer(all_conv) == 1
    model, weights = weighted(all_conv)
    (score,) = keras.Model(model.inputs[0], model.layers[0].output)(images[:1]).numpy().reshape(1, 3)
    heats = [grad_cam(TracedNetwork(all_conv), weights, images[0], target) for target in range(3)]
    assert [heat.tolist() for heat in heats] == [np.full((9, 8), float(value > 0)).tolist() for value in score]


def test_nothing_speaks_for_a_class_of_no_weight() -> None:
    _, weights = weighted(LINEAR)
    weights = {**weights, "dense": tuple(np.zeros_like(array) for array in weights["dense"])}
    traced = TracedNetwork(LINEAR)
    for explain in (grad_cam, hires_cam, saliency, occlusion):
        assert explain(traced, weights, images[0], 1).tolist() == np.zeros((9, 8)).tolist()


@every
def test_saliency_by_finite_differences(name: str) -> None:
    model, weights = weighted(ALL[name])
    scores = scores_of(name, model)
    image, target, little = images[2], 1, 1e-2
    changed = np.repeat(image[np.newaxis], 2 * image.size, axis=0)
    for number, place in enumerate(np.ndindex(image.shape)):
        changed[(2 * number, *place)] += little
        changed[(2 * number + 1, *place)] -= little
    found = scores(changed).numpy()[:, target]
    slopes = np.abs((found[::2] - found[1::2]) / (2 * little)).reshape(image.shape).max(axis=2)
    result = saliency(TracedNetwork(ALL[name]), weights, image, target)
    assert (result.shape, result.dtype, result.max()) == ((9, 8), np.float32, 1)
    np.testing.assert_allclose(result, slopes / slopes.max(), atol=5e-3)


@every
@pytest.mark.parametrize(("side", "step"), [(3, 2), (2, 1), (4, 3), (1, 1), (20, 5), (2, 3)])
def test_occlusion_one_square_at_a_time(name: str, side: int, step: int) -> None:
    model, weights = weighted(ALL[name])
    image, target = images[3], 2
    before = model(image[np.newaxis]).numpy()[0, target]
    square = min(side, 8)
    falls: dict[tuple[int, int], list[float]] = {place: [] for place in np.ndindex(9, 8)}
    for top in sorted({*range(0, 9 - square + 1, step), 9 - square}):
        for left in sorted({*range(0, 8 - square + 1, step), 8 - square}):
            hidden = image.copy()
            hidden[top : top + square, left : left + square] = 0
            fall = before - model(hidden[np.newaxis]).numpy()[0, target]
            for row in range(top, top + square):
                for column in range(left, left + square):
                    falls[row, column].append(fall)
    expected = np.reshape([np.mean(found) if found else 0.0 for found in falls.values()], (9, 8))
    result = occlusion(TracedNetwork(ALL[name]), weights, image, target, side, step)
    assert (result.shape, result.dtype) == ((9, 8), np.float32)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize(("length", "side", "step"), [(28, 5, 2), (32, 6, 2), (8, 2, 1), (56, 10, 4), (1, 1, 1)])
def test_the_square_of_occlusion_goes_with_the_image(length: int, side: int, step: int) -> None:
    spec = NetworkSpec(input_shape=(length, length, 1), layers=(Flatten(), Dense(units=2)))
    image = np.random.default_rng(5).random((length, length, 1)).astype(np.float32)
    _, weights = weighted(spec)
    traced = TracedNetwork(spec)
    by_default = occlusion(traced, weights, image, 0)
    np.testing.assert_array_equal(by_default, occlusion(traced, weights, image, 0, side, step))
    assert (by_default != 0).all()


@every
def test_features_are_what_the_deciding_layer_receives(name: str) -> None:
    model, weights = weighted(ALL[name])
    expected = keras.Model(model.inputs[0], model.layers[HIDDEN[name]].output)(images).numpy().reshape(4, -1)
    traced = TracedNetwork(ALL[name])
    result = features(traced, weights, images)
    assert result.dtype == np.float32
    if name == "without dense":
        assert result.shape == (4, 5 * 4 * 3)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    # More images than go through at once.
    many = features(traced, weights, np.tile(images, (301, 1, 1, 1)))
    np.testing.assert_allclose(many, np.tile(result, (301, 1)), atol=1e-5)


def test_nearest_by_cosine() -> None:
    rng = np.random.default_rng(3)
    many, one = rng.normal(size=(30, 6)).astype(np.float32), rng.normal(size=6).astype(np.float32)
    distances = [cosine(one, row) for row in many]
    indices, found = nearest(one, many, 7)
    assert indices.tolist() == np.argsort(distances)[:7].tolist()
    np.testing.assert_allclose(found, np.sort(distances)[:7], atol=1e-6)
    assert nearest(one, many, 50)[0].shape == (30,)
    # The same direction, none at all, and the opposite; of equals the first one first.
    rows = np.array([[0, 0], [-2, 0], [3, 0], [0, 5], [7, 0]], np.float32)
    indices, found = nearest(np.array([1, 0], np.float32), rows, 5)
    assert (indices.tolist(), found.tolist()) == ([2, 4, 0, 3, 1], [0, 0, 1, 1, 2])
    assert nearest(np.zeros(2, np.float32), rows, 2)[1].tolist() == [1, 1]


BAR = NetworkSpec(input_shape=(28, 28, 1), layers=(Flatten(), Dense(units=2, activation="softmax")))


def bar(top: int, left: int) -> np.ndarray:
    """A stroke of 12×3 pixels."""
    picture = np.zeros((28, 28, 1), np.float32)
    picture[top : top + 12, left : left + 3] = 1
    return picture


def test_a_missing_stroke_is_added_and_a_wrong_one_removed() -> None:
    """A network for which ink at one place speaks for class 1, and ink at another for class 0."""
    kernel = np.concatenate([bar(8, 20).reshape(-1, 1), bar(8, 5).reshape(-1, 1)], axis=1) / 4
    weights = {"dense": (kernel.astype(np.float32), np.array([0.5, -0.5], np.float32))}
    traced = TracedNetwork(BAR)
    way, answers = towards(traced, weights, np.zeros((28, 28, 1), np.float32), 1, 60)
    assert way.dtype == answers.dtype == np.float32
    assert len(way) == len(answers) > 2
    assert (way[0] == 0).all()
    grown = way[-1, 8:20, 5:8].sum()
    assert grown > 0.6 * way[-1].sum() and grown > 5
    assert way[-1, :, 20:23].max() == 0
    np.testing.assert_allclose(answers, traced.probabilities(weights, way), atol=1e-6)
    leads = answers[:, 1] - answers[:, 0]
    assert leads[-1] >= MIN_LEAD and (leads[:-1] < MIN_LEAD).all()
    assert (np.diff(leads) > 0).all()

    way, answers = towards(traced, weights, bar(8, 20), 1, 60)
    assert answers[0].argmax() == 0 and answers[-1].argmax() == 1
    removed, added = (way[0] - way[-1]).clip(0), (way[-1] - way[0]).clip(0)
    assert removed[8:20, 20:23].sum() == pytest.approx(removed.sum()) and removed.sum() > 5
    assert added[8:20, 5:8].sum() > 0.6 * added.sum()


def test_where_nothing_needs_to_change_or_nothing_helps_the_image_stays() -> None:
    traced = TracedNetwork(BAR)
    sure = {"dense": (np.zeros((784, 2), np.float32), np.array([0, 9], np.float32))}
    image = bar(3, 3)
    for target in (1, 0):
        way, answers = towards(traced, sure, image, target, 60)
        assert (way.shape, answers.shape) == ((1, 28, 28, 1), (1, 2))
        np.testing.assert_array_equal(way[0], image)


@every
def test_no_more_steps_than_asked_for_and_pixels_stay_in_range(name: str) -> None:
    _, weights = weighted(ALL[name])
    traced = TracedNetwork(ALL[name])
    worst = int(traced.probabilities(weights, images[:1])[0].argmin())
    way, answers = towards(traced, weights, images[0], worst, 3)
    assert len(way) == len(answers) <= 4
    assert way.min() >= 0 and way.max() <= 1
    assert answers[-1, worst] > answers[0, worst]
    assert len(towards(traced, weights, images[0], worst, 0)[0]) == 1


def test_a_trained_network_changes_its_answer_for_a_small_smooth_change() -> None:
    data = load("digits-8x8")
    spec = NetworkSpec(
        input_shape=(8, 8, 1),
        layers=(Conv2D(filters=8, activation="relu"), Flatten(), Dense(units=10, activation="softmax")),
    )
    trained = train(spec, TrainingSpec(dataset="digits-8x8", batch_size=32, epochs=8), data)
    weights, traced = weights_of(trained.model), TracedNetwork(spec)
    assert trained.epochs[-1].val_accuracy > 0.9
    for label in range(10):
        image = scaled(data.x_test[data.y_test == label][0])
        target = (label + 3) % 10
        way, answers = towards(traced, weights, image, target)
        assert answers[-1].argmax() == target and answers[-1][target] > MIN_LEAD
        change = way[-1] - way[0]
        # Less than what a real one differs by, and in few places.
        other = scaled(data.x_test[data.y_test == target][0])
        assert np.abs(change).sum() < np.abs(other - image).sum()
        assert (np.abs(change) > 0.1).mean() < 0.5
