"""Hand-designed kernels in a network: the edits, and what Keras makes of a layer that begins with them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.signal import correlate2d

from cnnlab.errors import NetworkError
from cnnlab.network.build import build
from cnnlab.network.initial_kernels import fits, fitting_size, with_initial_kernels
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.kernel_transplant import (
    PRESETS,
    add_kernel,
    as_kernel,
    convolutions,
    freeze,
    has_kernel,
    kernel_options,
    preset_titles,
    remove_kernels,
    trim,
)
from cnnlab.network.layers import BatchNormalization, Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize

SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
OWN = ((0.5, -0.25), (1.0, 3.0))
PLAIN = NetworkSpec(input_shape=(6, 7, 1), layers=(Conv2D(filters=3), Flatten(), Conv2D(filters=2), Dense()))


def layer(**fields: object) -> Conv2D:
    return Conv2D.model_validate({"filters": 3, **fields})


def refusal(network: NetworkSpec, index: int, kernel: object, resize: bool = False) -> NetworkError:
    with pytest.raises(NetworkError) as refused:
        add_kernel(network, index, kernel, resize)  # type: ignore[arg-type]
    return refused.value


def test_places_are_the_convolutions_by_keras_name() -> None:
    assert convolutions(PLAIN) == {0: "conv2d", 2: "conv2d_1"}


def test_kernels_go_into_the_first_filters_in_order() -> None:
    once = add_kernel(PLAIN, 0, SOBEL)
    twice = add_kernel(once, 0, ((1.0,),))
    assert once.layers == (layer(kernels=(SOBEL,)), *PLAIN.layers[1:])
    assert twice.layers[0] == layer(kernels=(SOBEL, ((1.0,),)))
    assert (has_kernel(once, 0, SOBEL), has_kernel(once, 2, SOBEL), has_kernel(once, 0, OWN)) == (True, False, False)
    frozen = freeze(twice, 0, True)
    assert frozen.layers[0] == layer(kernels=(SOBEL, ((1.0,),)), trainable=False)
    assert freeze(frozen, 0, False) == twice
    assert remove_kernels(frozen, 0) == PLAIN


def test_what_has_no_place_is_refused_with_a_remedy() -> None:
    assert refusal(PLAIN, 1, SOBEL).sentences() == (
        "Layer 2 (Flatten): Only Conv2D layers can have hand-designed kernels; received Flatten.",
        "Choose a Conv2D layer.",
    )
    even = refusal(PLAIN, 2, OWN)
    assert (even.layer, even.kind, even.field, even.quick_fix) == (2, "Conv2D", "kernels", "kernel-size")
    full = add_kernel(add_kernel(PLAIN, 2, SOBEL), 2, ((1.0,),))
    assert refusal(full, 2, ((2.0,),)).quick_fix == "more-filters"
    assert refusal(full, 2, SOBEL).sentences()[0] == "Layer 3 (Conv2D): The layer already has this kernel."
    # Zeros around it make no other kernel of it.
    framed = as_kernel(np.pad(np.array(SOBEL), 2))
    assert refusal(full, 2, framed).problem == "The layer already has this kernel."


def test_room_can_be_made() -> None:
    full = PLAIN.replace(layers=(layer(filters=1, kernels=(SOBEL,)),))
    wide = ((1.0, 2.0, 3.0, 2.0, 1.0),)
    assert add_kernel(full, 0, wide, resize=True).layers == (
        layer(filters=2, kernel_size=(3, 5), kernels=(SOBEL, wide)),
    )
    assert add_kernel(full, 0, ((1.0,),), resize=True).layers[0] == layer(filters=2, kernels=(SOBEL, ((1.0,),)))
    # No size suits an odd and an even one.
    assert refusal(full, 0, OWN, resize=True).quick_fix == "drop-kernels"


def test_the_numbers_of_a_network_have_an_end() -> None:
    network = PLAIN.replace(layers=(layer(kernel_size=33, kernels=(((1.0,) * 21,) * 21,)),))
    error = refusal(network, 0, ((2.0,) * 9,) * 9)
    assert error.problem == "The hand-designed kernels of a network may have at most {most} weights in total."


@pytest.mark.parametrize(
    "values",
    [[[1.0, np.nan]], [[np.inf]], [[1001.0]], np.ones((65, 1)), np.ones((1, 65)), [1.0], np.ones((0, 3))],
    ids=repr,
)
def test_what_is_no_kernel(values: object) -> None:
    with pytest.raises(NetworkError) as refused:
        as_kernel(np.array(values))
    assert refused.value.sentences() == (
        "A kernel must be a matrix of at most 64×64 values, each from -1000 to 1000.",
        "Correct the kernel first.",
    )


def test_zeros_around_a_kernel_are_left_away_where_its_middle_stays() -> None:
    assert as_kernel(np.pad(np.array(SOBEL), 2)) == SOBEL
    assert trim(((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0))) == ((1.0,),)
    one_sided = ((0.0, 0.0, 0.0), (0.0, 1.0, 2.0), (0.0, 3.0, 4.0))
    assert trim(one_sided) == one_sided
    assert trim(((0.0,) * 4,) * 3) == ((0.0, 0.0),)
    assert as_kernel(np.array([[0.1, -0.0]])) == ((0.1, 0.0),)


def test_kernels_are_called_by_their_titles() -> None:
    assert len(PRESETS) == len(KERNELS)
    for kernel in KERNELS.values():
        assert preset_titles([as_kernel(kernel.array)]) == [kernel.title]
        assert preset_titles([as_kernel(np.pad(kernel.array, 1))]) == [kernel.title]
    padded = tuple(map(tuple, np.pad(np.array(SOBEL), 1).tolist()))
    assert preset_titles([OWN, SOBEL, padded]) == [None, "Sobel, vertical edges", None]


def test_what_fits_is_offered() -> None:
    small = kernel_options(layer())
    assert len(small) == len(KERNELS) - 1  # all but the Gaussian of 5×5
    assert all(fits(kernel, (3, 3)) for kernel in small)
    assert kernel_options(layer(kernel_size=5)) == tuple(PRESETS)
    assert kernel_options(layer(kernel_size=4)) == ()
    # What is there already can be left there, or taken out, whatever the size.
    padded = tuple(map(tuple, np.pad(np.array(SOBEL), 1).tolist()))
    assert kernel_options(layer(kernel_size=4, kernels=(OWN, SOBEL))) == (SOBEL, OWN)
    assert kernel_options(layer(kernel_size=4, kernels=(padded, SOBEL))) == (padded, SOBEL)


def test_sizes_that_kernels_fit() -> None:
    assert [fits(SOBEL, size) for size in ((3, 3), (3, 5), (9, 7), (4, 3), (3, 4), (1, 3), (3, 1))] == (
        [True] * 3 + [False] * 4
    )
    assert fitting_size([SOBEL], (3, 3)) == (3, 3)
    assert fitting_size([SOBEL], (1, 6)) == (3, 5)
    assert fitting_size([SOBEL, ((1.0,) * 5,)], (2, 2)) == (3, 5)
    assert fitting_size([((1.0,) * 63,)], (64, 64)) == (63, 63)
    assert fitting_size([SOBEL, OWN], (3, 3)) is None


def test_where_a_kernel_stands_in_the_weights() -> None:
    weights = [np.full((4, 3, 2, 3), 7, np.float32), np.full(3, 5, np.float32)]
    kernels, bias = with_initial_kernels(weights, (((1.0, 2.0, 4.0), (-1.0, 0.0, 8.0)),))
    half = [[0, 0, 0], [0.5, 1, 2], [-0.5, 0, 4], [0, 0, 0]]
    assert kernels[:, :, 0, 0].tolist() == kernels[:, :, 1, 0].tolist() == half
    assert (kernels[..., 1:] == 7).all() and bias.tolist() == [0, 5, 5]
    assert (weights[0] == 7).all() and (weights[1] == 5).all()
    assert kernels.dtype == bias.dtype == np.float32


def built(*layers: object, channels: int = 1) -> keras.Sequential:
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    return build(NetworkSpec.model_validate({"input_shape": (6, 7, channels), "layers": layers}))


@pytest.mark.parametrize("use_bias", [True, False])
def test_the_other_weights_begin_as_without_kernels(use_bias: bool) -> None:
    rest = (BatchNormalization(), Conv2D(filters=2), Flatten(), Dense(units=4))
    plain = built(layer(use_bias=use_bias), *rest).get_weights()
    ours = built(layer(use_bias=use_bias, kernels=(SOBEL, ((1.0,),))), *rest).get_weights()
    np.testing.assert_array_equal(ours[0][:, :, 0, 0], SOBEL)
    np.testing.assert_array_equal(ours[0][:, :, 0, 1], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(ours[0][..., 2], plain[0][..., 2])
    for one, other in zip(ours[1:], plain[1:], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_grey_picture_gives_the_same_map_in_one_channel_and_in_three() -> None:
    grey = np.random.default_rng(5).random((6, 7)).astype(np.float32)
    expected = correlate2d(grey, SOBEL, "same")
    for channels in (1, 3):
        model = built(layer(kernels=(SOBEL,), kernel_size=5, padding="same"), channels=channels)
        found = model(np.repeat(grey[None, ..., None], channels, axis=-1))[0, ..., 0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_layers_weights_are_not_trainable(frozen: bool) -> None:
    network = freeze(add_kernel(PLAIN.replace(layers=(Conv2D(filters=3), Flatten(), Dense())), 0, SOBEL), 0, frozen)
    model = build(network)
    first, summary = model.layers[0], summarize(network)
    assert len(first.trainable_weights) == (0 if frozen else 2)
    assert sum(int(np.prod(w.shape)) for w in first.trainable_weights) == summary.rows[0].trainable.value
    assert sum(int(np.prod(w.shape)) for w in first.non_trainable_weights) == summary.rows[0].non_trainable.value
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == summary.trainable
    assert model.count_params() == summary.parameters
