"""The gate before training: every refusal says where, what was expected and what to do."""

from __future__ import annotations

import pytest

from cnnlab.errors import NetworkError
from cnnlab.network.layers import AnyLayer, Conv2D, Dense, DepthwiseConv2D, Flatten, GlobalMaxPooling2D, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import check, format_shape

HEAD = (Flatten(), Dense(units=10, activation="softmax"))


def refusal(
    *layers: AnyLayer,
    input_shape: tuple[int, int, int] = (8, 8, 1),
    dataset_shape: tuple[int, int, int] = (8, 8, 1),
    most: int = 20_000_000,
) -> NetworkError:
    with pytest.raises(NetworkError) as refused:
        check(NetworkSpec(input_shape=input_shape, layers=layers), dataset_shape, 10, most)
    return refused.value


def test_a_kernel_larger_than_its_input() -> None:
    error = refusal(MaxPooling2D(), Conv2D(kernel_size=(5, 5)), *HEAD)
    assert error.sentences() == (
        "Layer 2 (Conv2D): Its window of 5×5 is larger than its input of 4×4; expected a window that fits.",
        "Use “same” padding, a smaller window, or fewer pooling layers before it.",
    )
    assert (error.layer, error.kind, error.field, error.quick_fix) == (1, "Conv2D", "kernel_size", "same")


def test_a_dilated_kernel_counts_with_its_gaps() -> None:
    error = refusal(Conv2D(kernel_size=(3, 3), dilation_rate=(4, 1)), *HEAD)
    assert error.sentences()[0] == (
        "Layer 1 (Conv2D): Its window of 9×3 is larger than its input of 8×8; expected a window that fits."
    )


def test_pooling_to_nothing() -> None:
    error = refusal(*[MaxPooling2D()] * 4, *HEAD)
    assert error.sentences() == (
        "Layer 4 (MaxPooling2D): Its window of 2×2 is larger than its input of 1×1; expected a window that fits.",
        "Use “same” padding, a smaller window, or fewer pooling layers before it.",
    )
    assert error.field == "pool_size"


def test_dense_on_a_picture() -> None:
    error = refusal(Conv2D(filters=4), Dense(units=10))
    assert error.sentences() == (
        "Layer 2 (Dense): It needs a vector, but receives an image of 6×6×4.",
        "Add Flatten (or a global pooling) before this layer.",
    )
    assert (error.layer, error.quick_fix) == (1, "flatten")


def test_a_picture_layer_on_a_vector() -> None:
    error = refusal(Flatten(), Conv2D(), *HEAD)
    assert error.sentences() == (
        "Layer 2 (Conv2D): It needs an image (height, width, channels), but it receives a vector of 64 values.",
        "Move it before the layer that produces the vector (Flatten or global pooling), or remove it.",
    )
    assert error.quick_fix == "remove"


def test_strides_and_dilation() -> None:
    error = refusal(Conv2D(strides=(2, 2), dilation_rate=(2, 1)), *HEAD)
    assert error.sentences() == (
        "Layer 1 (Conv2D): Strides of 2 and a dilation of [2, 1] cannot be combined; expected one of them to be 1.",
        "Set the stride or the dilation to 1.",
    )
    assert (error.field, error.quick_fix) == ("dilation_rate", "undilate")


def test_unequal_strides_of_a_depthwise_convolution() -> None:
    error = refusal(DepthwiseConv2D(strides=(1, 2)), *HEAD)
    assert error.sentences() == (
        "Layer 1 (DepthwiseConv2D): A depthwise convolution needs equal strides in both directions; received 1×2.",
        "Use the same stride for height and width.",
    )
    assert (error.field, error.quick_fix) == ("strides", "equal-strides")


def test_more_kernels_than_filters() -> None:
    error = refusal(Conv2D(filters=1, kernels=(((1.0,),), ((2.0,),))), *HEAD)
    assert error.sentences() == (
        "Layer 1 (Conv2D): It starts with 2 hand-designed kernels for 1 filter; expected at most one per filter.",
        "Add filters, or remove kernels.",
    )
    assert (error.field, error.quick_fix) == ("kernels", "more-filters")


@pytest.mark.parametrize(("kernel_size", "kernel"), [((3, 4), "3×3"), ((1, 3), "3×3"), ((5, 2), "3×3")])
def test_a_kernel_that_has_no_middle_place(kernel_size: tuple[int, int], kernel: str) -> None:
    square = ((1.0,) * 3,) * 3
    error = refusal(Conv2D(kernel_size=kernel_size, kernels=(((1.0,),), square)[kernel_size[1] % 2 == 0 :]), *HEAD)
    assert error.sentences() == (
        f"Layer 1 (Conv2D): A {kernel} kernel cannot be centered in a kernel size of "
        f"{kernel_size[0]}×{kernel_size[1]}; expected one that is not larger and leaves equal margins on both sides.",
        "Choose another kernel size, or remove the kernel.",
    )
    assert (error.layer, error.field, error.quick_fix) == (0, "kernels", "kernel-size")


def test_kernels_of_odd_and_even_sizes_never_fit_together() -> None:
    error = refusal(Conv2D(kernels=(((1.0,),), ((1.0, 1.0),))), *HEAD)
    assert (error.field, error.quick_fix) == ("kernels", "drop-kernels")


def test_a_dataset_of_another_shape() -> None:
    error = refusal(*HEAD, dataset_shape=(28, 28, 3))
    assert error.sentences() == (
        "The network expects images of 8×8×1, but the dataset's images are 28×28×3.",
        "Change the network's input shape, or choose another dataset.",
    )
    assert (error.layer, error.field, error.quick_fix) == (None, "input_shape", "input-shape")


def test_no_layers() -> None:
    error = refusal()
    assert error.sentences() == ("The network has no layers.", "Add at least Flatten and Dense.")
    assert error.quick_fix == "head"


@pytest.mark.parametrize(
    ("layers", "received", "quick_fix"),
    [
        ((Flatten(), Dense(units=9)), "9", "units"),
        ((Conv2D(filters=10),), "6×6×10", "head"),
        ((GlobalMaxPooling2D(),), "1", "head"),
    ],
)
def test_a_wrong_last_layer(layers: tuple[AnyLayer, ...], received: str, quick_fix: str) -> None:
    error = refusal(*layers)
    assert error.sentences() == (
        f"Layer {len(layers)} ({layers[-1].kind}): The last layer outputs {received}; "
        "expected a vector of 10 values, one per class.",
        "End the network with Flatten and a Dense layer of 10 units with softmax.",
    )
    assert (error.layer, error.quick_fix) == (len(layers) - 1, quick_fix)


def test_too_many_parameters() -> None:
    error = refusal(Flatten(), Dense(units=1000), Dense(units=10), most=75_009)
    assert error.sentences() == (
        "Layer 2 (Dense): The network has 75,010 parameters, 65,000 of them in this layer; at most 75,009 are allowed.",
        "Use fewer units or filters, or a pooling layer before it; CNNLAB_MAX_PARAMETERS changes the limit.",
    )
    network = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=1000), Dense(units=10)))
    assert check(network, (8, 8, 1), 10, 75_010).parameters == 75_010


def test_a_vector_of_classes_that_is_no_dense_layer_is_fine() -> None:
    network = NetworkSpec(input_shape=(8, 8, 1), layers=(Conv2D(filters=10), GlobalMaxPooling2D()))
    assert check(network, (8, 8, 1), 10, 1000).rows[-1].output_shape == (10,)


def test_shapes_for_people() -> None:
    assert [format_shape((28, 28, 1)), format_shape((10,))] == ["28×28×1", "10"]
