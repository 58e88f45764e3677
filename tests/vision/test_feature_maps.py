"""What layers make of an image, against Keras's own layers; and the sum behind one value."""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import assume, given, settings

from cnnlab.network.build import build
from cnnlab.network.layers import (
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    Rescaling,
    SeparableConv2D,
    SpatialDropout2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.callbacks.reporting import weights_of
from cnnlab.training.snapshots import Weights
from cnnlab.vision.feature_maps import TracedNetwork
from cnnlab.vision.pixel_sum import channel_sums
from tests.network.networks import layers

FRONT = (
    Rescaling(scale=2.0, offset=-1.0),
    ZeroPadding2D(padding=(1, 2)),
    Conv2D(filters=3, activation="relu"),
    BatchNormalization(),
    GaussianNoise(),
    LeakyReLU(negative_slope=0.25),
    DepthwiseConv2D(kernel_size=2, depth_multiplier=2, activation="tanh"),
    MaxPooling2D(padding="same"),
    SpatialDropout2D(rate=0.5),
    SeparableConv2D(filters=4, padding="same"),
    LayerNormalization(),
    Activation(activation="gelu"),
    AveragePooling2D(pool_size=2, strides=1),
)
END = (Dropout(rate=0.5), Dense(units=3, activation="softmax"))
EVERY_KIND = tuple(
    NetworkSpec(input_shape=(9, 8, 2), layers=(*FRONT, middle, *END))
    for middle in (Flatten(), GlobalAveragePooling2D(), GlobalMaxPooling2D())
)
images = np.random.default_rng(0).random((5, 9, 8, 2)).astype(np.float32)


def random_weights(model: keras.Model, seed: int) -> Weights:
    rng = np.random.default_rng(seed)
    # Positive, since variances are among them.
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype(np.float32) for w in model.get_weights()])
    return weights_of(model)


def test_every_layer_of_every_kind_says_what_keras_says() -> None:
    assert {layer.kind for network in EVERY_KIND for layer in network.layers} == set(LAYERS)
    for network in EVERY_KIND:
        traced, model = TracedNetwork(network), build(network)
        outputs = keras.Model(model.inputs[0], [layer.output for layer in model.layers])
        versions = [random_weights(model, seed) for seed in (1, 2)]
        for weights in (*versions, versions[0]):  # there and back again
            model.set_weights([array for arrays in weights.values() for array in arrays])
            maps = traced.feature_maps(weights, images[2].astype(np.float64))
            assert list(maps) == [row.name for row in summarize(network).rows]
            for layer, expected in zip(model.layers, outputs(images[2:3], training=False), strict=True):
                np.testing.assert_allclose(maps[layer.name], expected[0], atol=1e-6, rtol=1e-6)
            np.testing.assert_allclose(
                traced.probabilities(weights, images), model.predict(images, verbose=0), atol=1e-6
            )


def test_a_map_that_one_of_many_images_makes_active_is_active() -> None:
    network = NetworkSpec(
        input_shape=(2, 2, 1), layers=(Conv2D(filters=3, kernel_size=1, activation="relu"), Flatten(), Dense(units=2))
    )
    kernel, bias = np.array([[[[1, 1, -1]]]], np.float32), np.array([-0.5, 0, 0], np.float32)
    weights = {"conv2d": (kernel, bias), "flatten": (), "dense": (np.ones((12, 2)), np.ones(2))}
    many = np.full((1100, 2, 2, 1), 0.25, np.float32)
    traced = TracedNetwork(network)
    assert {name: found.tolist() for name, found in traced.active_maps(weights, many).items()} == {
        "conv2d": [False, True, False]
    }
    many[1050, 1, 1] = 0.75  # in the last batch
    assert traced.active_maps(weights, many)["conv2d"].tolist() == [True, True, False]


def test_a_network_of_one_layer() -> None:
    network = NetworkSpec(input_shape=(3, 3, 1), layers=(GlobalMaxPooling2D(),))
    image = np.arange(9, dtype=np.float32).reshape(3, 3, 1)
    assert {name: value.tolist() for name, value in TracedNetwork(network).feature_maps({}, image).items()} == {
        "global_max_pooling2d": [8.0]
    }


@given(layers("Conv2D"))
@settings(max_examples=12)
def test_the_sum_behind_every_value_of_a_convolution(layer: Conv2D) -> None:
    network = NetworkSpec(input_shape=(6, 5, 2), layers=(layer,))
    assume(summarize(network).error is None)
    keras.utils.clear_session(free_memory=False)
    model = build(network)
    model.set_weights([np.random.default_rng(7).normal(size=w.shape) for w in model.get_weights()])
    weights = weights_of(model)
    image = np.random.default_rng(8).normal(size=(6, 5, 2)).astype(np.float32)
    output = TracedNetwork(network).feature_maps(weights, image)["conv2d"]
    sums = np.zeros(output.shape)
    for *place, index in np.ndindex(output.shape):
        channels, bias = channel_sums(layer, weights["conv2d"], image, (place[0], place[1]), index)
        assert channels.shape == (2,)
        assert bias == (weights["conv2d"][1][index] if layer.use_bias else 0)
        sums[(*place, index)] = channels.sum() + bias
    activation = keras.activations.get(layer.activation)
    np.testing.assert_allclose(activation(keras.ops.convert_to_tensor(sums, "float32")), output, atol=1e-4, rtol=1e-4)
    model.layers[0].activation = keras.activations.linear
    np.testing.assert_allclose(sums, model.layers[0](image[np.newaxis])[0], atol=1e-4, rtol=1e-4)
