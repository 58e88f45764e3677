"""Our arithmetic against Keras, over random networks; then what cannot be asked of Keras, by hand."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnlab.network.arithmetic import ZERO, Sum, Window
from cnnlab.network.build import keras_layer
from cnnlab.network.layers import (
    AnyLayer,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from tests.network.networks import layers, networks

HOUSE_RULES = {"flatten", "equal-strides", "undilate", "more-filters", "kernel-size", "drop-kernels"}
"""What Keras would build: Dense on a picture, two things that only fail, or surprise, when the network runs, and
hand-designed kernels, of which it knows nothing."""


@given(networks)
@settings(max_examples=120)
def test_every_layer_is_what_keras_makes_of_it(network: NetworkSpec) -> None:
    keras.utils.clear_session(free_memory=False)
    summary = summarize(network)
    model = keras.Sequential([keras.Input(network.input_shape)])
    for row in summary.rows:
        if row.error:
            assert row.error.layer == row.index
            if row.error.quick_fix not in HOUSE_RULES:
                with np.testing.assert_raises(ValueError):
                    model.add(getattr(keras.layers, row.layer.kind)(**row.layer.arguments()))
            return
        layer = getattr(keras.layers, row.layer.kind)(**row.layer.arguments())
        model.add(layer)
        assert (None, *(row.output_shape or ())) == model.layers[-1].output.shape
        assert layer.name == row.name
        assert sum(int(np.prod(w.shape)) for w in layer.trainable_weights) == row.trainable.value
        assert sum(np.prod(w.shape) for w in layer.weights) == row.parameters
    if network.layers:
        assert model.count_params() == summary.parameters


def test_house_rules_are_what_they_are() -> None:
    picture = NetworkSpec(input_shape=(8, 8, 2), layers=(Dense(units=3),))
    assert [row.error.quick_fix for row in summarize(picture).rows if row.error] == ["flatten"]
    unequal = NetworkSpec(input_shape=(8, 8, 2), layers=(DepthwiseConv2D(strides=(1, 2)),))
    assert [row.error.quick_fix for row in summarize(unequal).rows if row.error] == ["equal-strides"]
    both = NetworkSpec(input_shape=(8, 8, 2), layers=(Conv2D(strides=(2, 2), dilation_rate=(2, 2)),))
    assert [row.error.quick_fix for row in summarize(both).rows if row.error] == ["undilate"]


windows = st.sampled_from(["Conv2D", "DepthwiseConv2D", "SeparableConv2D", "AveragePooling2D", "MaxPooling2D"])


@given(st.lists(windows.flatmap(layers), min_size=1, max_size=3))
@settings(max_examples=40)
def test_receptive_field_is_where_the_gradient_is(stack: list[AnyLayer]) -> None:
    side = 100
    network = NetworkSpec(input_shape=(side, side, 1), layers=tuple(stack))
    last = summarize(network).rows[-1]
    assume(last.error is None and last.receptive_field and last.output_shape)
    assert last.receptive_field and last.output_shape
    jump, size = last.receptive_field.jump, last.receptive_field.size
    assume(max(jump) <= 9 and max(size) <= 31)  # so that the middle of the output sees no border

    model = keras.Sequential([keras.Input(network.input_shape)])
    for layer in stack:
        # The same windows with every weight one: a value then depends on all that it can depend on.
        plain = AveragePooling2D(**dict(layer) | {"kind": "AveragePooling2D"}) if "Pool" in layer.kind else layer
        model.add(keras_layer(plain.model_copy(update={"activation": "linear"}), layer.kind + str(len(model.layers))))
    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    image = tf.zeros((1, side, side, 1))
    rows, columns = (length // 2 for length in last.output_shape[:2])
    corners = []
    for row, column in ((rows, columns), (rows + 1, columns + 1)):
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = model(image)[0, row, column, 0]
        where = np.argwhere(tape.gradient(value, image)[0, :, :, 0].numpy())
        low, high = where.min(axis=0), where.max(axis=0)
        # A window whose stride is larger than itself leaves gaps, but its ends are reached all the same.
        assert tuple(high - low + 1) == size
        corners.append(low)
    assert tuple(corners[1] - corners[0]) == jump


framed = st.sampled_from(["Conv2D", "DepthwiseConv2D", "AveragePooling2D", "MaxPooling2D", "ZeroPadding2D"])


@given(st.lists(framed.flatmap(layers), min_size=1, max_size=4))
@settings(max_examples=40)
def test_receptive_field_begins_where_changing_a_pixel_begins_to_matter(stack: list[AnyLayer]) -> None:
    height, width = 13, 11
    network = NetworkSpec(input_shape=(height, width, 1), layers=tuple(stack))
    last = summarize(network).rows[-1]
    assume(last.error is None and last.receptive_field and last.output_shape)
    assert last.receptive_field and last.output_shape
    model = keras.Sequential([keras.Input(network.input_shape)])
    for layer in stack:
        plain = AveragePooling2D(**dict(layer) | {"kind": "AveragePooling2D"}) if "MaxPool" in layer.kind else layer
        one = plain.model_copy(update={"activation": "linear", "use_bias": False})
        model.add(keras_layer(one, layer.kind + str(len(model.layers))))
    model.set_weights([np.ones_like(weight) for weight in model.get_weights()])
    # One image a pixel: that one is 1, the others are 0.
    matters = model(np.eye(height * width, dtype=np.float32).reshape(-1, height, width, 1)).numpy()[..., 0] > 0

    field = last.receptive_field
    for at in np.ndindex(*last.output_shape[:2]):
        low = [field.start[axis] + at[axis] * field.jump[axis] for axis in (0, 1)]
        high = [low[axis] + field.size[axis] for axis in (0, 1)]
        where = np.argwhere(matters[:, at[0], at[1]].reshape(height, width))
        if not len(where):  # it sees the frame of zeros only, or the picture through a gap
            continue
        assert (where.min(axis=0) >= low).all() and (where.max(axis=0) < high).all()
        if min(low) >= 0 and high[0] <= height and high[1] <= width and not framed_within(stack):
            assert (where.min(axis=0) == low).all() and (where.max(axis=0) + 1 == high).all()


def framed_within(stack: list[AnyLayer]) -> bool:
    """Whether a layer but the first adds zeros: in their place stood nothing of the picture."""
    return any(getattr(layer, "padding", "valid") != "valid" for layer in stack[1:])


def test_receptive_field_starts_by_hand() -> None:
    network = NetworkSpec(
        input_shape=(28, 28, 1),
        layers=(
            Conv2D(padding="same"),  # one zero above
            MaxPooling2D(),  # none; values are 2 pixels apart from here on
            Conv2D(kernel_size=5, padding="same"),  # two zeros, of 2 pixels each
            Conv2D(strides=2, padding="same"),  # 14 pixels: one zero, and it comes at the end
            ZeroPadding2D(padding=(1, 2)),  # values are 4 pixels apart
            GlobalAveragePooling2D(),
            Dense(),
        ),
    )
    rows = summarize(network).rows
    assert [row.receptive_field.start for row in rows if row.receptive_field] == [
        *((-1, -1), (-1, -1), (-5, -5), (-5, -5), (-9, -13), (-9, -13)),
        (0, 0),
    ]


def test_dense_sees_the_whole_picture_and_pointwise_layers_change_nothing() -> None:
    network = NetworkSpec(
        input_shape=(9, 7, 1),
        layers=(Conv2D(filters=2), BatchNormalization(), Flatten(), Dense()),
    )
    assert [row.receptive_field.size for row in summarize(network).rows if row.receptive_field] == [
        (3, 3),
        (3, 3),
        (3, 3),
        (9, 7),
    ]


def test_multiply_adds_by_hand() -> None:
    network = NetworkSpec(
        input_shape=(6, 6, 2),
        layers=(
            DepthwiseConv2D(depth_multiplier=2),  # 4·4 places, 3·3 pixels, 2 channels, 2 kernels each
            SeparableConv2D(filters=5),  # 2·2 places: 3·3 pixels of 4 channels, then 4 channels to 5
            MaxPooling2D(),
            Flatten(),
            Dense(units=3),
        ),
    )
    assert [row.multiply_adds.value for row in summarize(network).rows] == [576, 144 + 80, 0, 0, 15]
    assert [row.multiply_adds.text for row in summarize(network).rows] == [
        "4·4·3·3·2·2 = 576",
        "2·2·3·3·4·1 + 2·2·4·5 = 224",
        "0",
        "0",
        "5·3 = 15",
    ]


def test_parameters_are_written_out() -> None:
    network = NetworkSpec(
        input_shape=(28, 28, 1),
        layers=(Conv2D(), BatchNormalization(), GlobalAveragePooling2D(), Dense(units=16, use_bias=False)),
    )
    rows = summarize(network).rows
    assert [row.trainable.text for row in rows] == ["3·3·1·32 + 32 = 320", "2·32 = 64", "0", "32·16 = 512"]
    assert rows[1].non_trainable == Sum((2, 32))
    assert Sum((784, 16), (16,)).text == "784·16 + 16 = 12,560"
    assert Sum((10,)).text == "10"
    assert ZERO.value == 0


def test_the_weights_of_a_frozen_layer_are_there_but_not_trainable() -> None:
    network = NetworkSpec(input_shape=(28, 28, 1), layers=(Conv2D(trainable=False), GlobalAveragePooling2D(), Dense()))
    summary = summarize(network)
    assert (summary.rows[0].trainable, summary.rows[0].non_trainable.text) == (ZERO, "3·3·1·32 + 32 = 320")
    assert (summary.parameters, summary.trainable) == (650, 330)


def test_sizes_are_written_out() -> None:
    convolution = Window((3, 3), (1, 1))
    assert convolution.output_text(28, 0, "valid") == "(28 - 3 + 2·0) / 1 + 1 = 26"
    assert convolution.output_text(28, 0, "same") == "(28 - 3 + 2·1) / 1 + 1 = 28"
    pooling = Window((2, 2), (2, 2))
    assert pooling.output_text(7, 0, "valid") == "⌊(7 - 2 + 2·0) / 2⌋ + 1 = 3"
    assert pooling.output_text(7, 0, "same") == "(7 - 2 + 1) / 2 + 1 = 4"
    dilated = Window((3, 5), (1, 1), (2, 1))
    assert (dilated.reach(0), dilated.reach(1)) == (5, 5)
    assert dilated.output_text(28, 0, "valid") == "(28 - 5 + 2·0) / 1 + 1 = 24"
    texts = summarize(NetworkSpec(input_shape=(28, 14, 1), layers=(Conv2D(), GlobalAveragePooling2D()))).rows
    assert texts[0].size_texts == ("(28 - 3 + 2·0) / 1 + 1 = 26", "(14 - 3 + 2·0) / 1 + 1 = 12")
    assert texts[1].size_texts == ()


def test_rows_below_a_layer_that_does_not_fit_know_nothing() -> None:
    network = NetworkSpec(input_shape=(4, 4, 1), layers=(Conv2D(kernel_size=(5, 5)), Flatten(), Dense()))
    first, second, third = summarize(network).rows
    assert first.error is not None and first.input_shape == (4, 4, 1)
    assert (second.input_shape, second.output_shape, second.error) == (None, None, None)
    assert (third.parameters, third.name) == (0, "dense")
