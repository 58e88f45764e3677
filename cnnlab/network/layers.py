"""One class per layer: its fields, named after Keras's constructor arguments, and its arithmetic.

The form on the Build page, the validation, the JSON, the link, the Keras layer and the exported code are derived from
these classes. To add a layer to CNN Lab, add one class here and name it in `AnyLayer`. The convolutions are in
`convolution_layers`, the base classes and the labels of fields in `layer_bases`; `summary` walks a whole network;
`build` makes Keras layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.arithmetic import Shape, Sum
from cnnlab.network.convolution_layers import Conv2D, DepthwiseConv2D, SeparableConv2D
from cnnlab.network.layer_bases import (
    Activation_,
    FramePair,
    GlobalPoolingLayer,
    ImageLayer,
    Layer,
    NormalizingLayer,
    PoolingLayer,
)

__all__ = [
    "LAYERS", "Activation", "AnyLayer", "AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "DepthwiseConv2D",
    "Dropout", "Flatten", "GaussianNoise", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Layer",
    "LayerNormalization", "LeakyReLU", "MaxPooling2D", "Rescaling", "SeparableConv2D", "SpatialDropout2D",
    "ZeroPadding2D",
]  # fmt: skip


class MaxPooling2D(PoolingLayer):
    """Keras's MaxPooling2D: the largest value in each window."""

    title = N_("Max pooling")
    kind: Literal["MaxPooling2D"] = "MaxPooling2D"


class AveragePooling2D(PoolingLayer):
    """Keras's AveragePooling2D: the mean of each window."""

    title = N_("Average pooling")
    kind: Literal["AveragePooling2D"] = "AveragePooling2D"


class GlobalAveragePooling2D(GlobalPoolingLayer):
    """Keras's GlobalAveragePooling2D: the mean of each feature map."""

    title = N_("Global average pooling")
    kind: Literal["GlobalAveragePooling2D"] = "GlobalAveragePooling2D"


class GlobalMaxPooling2D(GlobalPoolingLayer):
    """Keras's GlobalMaxPooling2D: the largest value of each feature map."""

    title = N_("Global max pooling")
    kind: Literal["GlobalMaxPooling2D"] = "GlobalMaxPooling2D"


class BatchNormalization(NormalizingLayer):
    """Keras's BatchNormalization: normalizes each channel over the batch to mean 0 and variance 1, then rescales it."""

    title = N_("Batch normalization")
    kind: Literal["BatchNormalization"] = "BatchNormalization"
    momentum: float = Field(
        0.99, ge=0, lt=1, description=N_("Momentum of the moving mean and variance; closer to 1: slower.")
    )

    def non_trainable_weights(self, shape: Shape) -> Sum:
        return Sum((2, shape[-1]))


class LayerNormalization(NormalizingLayer):
    """Keras's LayerNormalization over the last axis: normalizes the channels of each position together."""

    title = N_("Layer normalization")
    kind: Literal["LayerNormalization"] = "LayerNormalization"


class Dropout(Layer):
    """Keras's Dropout: during training, sets random values to 0 and scales up the others."""

    title = N_("Dropout")
    random = True
    kind: Literal["Dropout"] = "Dropout"
    rate: float = Field(0.25, ge=0, lt=1, description=N_("Fraction of the values set to 0 in each training step."))


class SpatialDropout2D(ImageLayer):
    """Keras's SpatialDropout2D: during training, sets random feature maps to 0."""

    title = N_("Spatial dropout")
    random = True
    kind: Literal["SpatialDropout2D"] = "SpatialDropout2D"
    rate: float = Field(
        0.25, ge=0, lt=1, description=N_("Fraction of the feature maps set to 0 in each training step.")
    )


class GaussianNoise(Layer):
    """Keras's GaussianNoise: during training, adds random noise."""

    title = N_("Gaussian noise")
    random = True
    kind: Literal["GaussianNoise"] = "GaussianNoise"
    stddev: float = Field(0.1, ge=0, le=10, description=N_("Standard deviation of the noise."))


class Activation(Layer):
    """Keras's Activation: applies a function to every value."""

    title = N_("Activation")
    kind: Literal["Activation"] = "Activation"
    activation: Activation_ = Field("relu", description=N_("Function applied to every output value."))


class LeakyReLU(Layer):
    """Keras's LeakyReLU: multiplies negative values by a small slope and keeps the others."""

    title = N_("Leaky ReLU")
    kind: Literal["LeakyReLU"] = "LeakyReLU"
    negative_slope: float = Field(0.3, ge=0, le=1, description=N_("Factor that negative values are multiplied by."))


class Rescaling(Layer):
    """Keras's Rescaling: multiplies every value by `scale` and adds `offset`; nothing is learned."""

    title = N_("Rescaling")
    kind: Literal["Rescaling"] = "Rescaling"
    scale: float = Field(1.0, ge=-1000, le=1000, description=N_("Factor that every value is multiplied by."))
    offset: float = Field(0.0, ge=-1000, le=1000, description=N_("Value that is then added to every value."))

    def multiply_adds(self, shape: Shape) -> Sum:
        return Sum(shape)


class ZeroPadding2D(ImageLayer):
    """Keras's ZeroPadding2D: adds rows and columns of zeros around the image."""

    title = N_("Zero padding")
    kind: Literal["ZeroPadding2D"] = "ZeroPadding2D"
    padding: FramePair = Field(
        (1, 1), description=N_("Zeros to add above and below, and on the left and right, in pixels.")
    )

    def _image_output(self, height: int, width: int, channels: int) -> Shape:
        return height + 2 * self.padding[0], width + 2 * self.padding[1], channels


class Flatten(Layer):
    """Keras's Flatten: turns an image into one vector."""

    title = N_("Flatten")
    kind: Literal["Flatten"] = "Flatten"

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


class Dense(Layer):
    """Keras's Dense: every unit is connected to every value of the input vector."""

    title = N_("Dense")
    has_weights = True
    kind: Literal["Dense"] = "Dense"
    units: int = Field(10, ge=1, le=16384, description=N_("Number of neurons, which is the number of output values."))
    activation: Activation_ = Field("linear", description=N_("Function applied to every output value."))
    use_bias: bool = Field(True, description=N_("Add one learned value to each unit."))

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise NetworkError(
                N_("It needs a vector, but receives an image of {shape}."),
                N_("Add Flatten (or a global pooling) before this layer."),
                shape="×".join(map(str, shape)),
            ).at(None, quick_fix="flatten")
        return (self.units,)

    def trainable_weights(self, shape: Shape) -> Sum:
        return Sum((shape[0], self.units), *(((self.units,),) if self.use_bias else ()))

    def multiply_adds(self, shape: Shape) -> Sum:
        return Sum((shape[0], self.units))


AnyLayer = Annotated[
    Conv2D
    | DepthwiseConv2D
    | SeparableConv2D
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | GlobalMaxPooling2D
    | BatchNormalization
    | LayerNormalization
    | Dropout
    | SpatialDropout2D
    | GaussianNoise
    | Activation
    | LeakyReLU
    | Rescaling
    | ZeroPadding2D
    | Flatten
    | Dense,
    Field(discriminator="kind"),
]

LAYERS: Mapping[str, type[Layer]] = MappingProxyType(
    {cls.__name__: cls for cls in AnyLayer.__origin__.__args__}  # type: ignore[attr-defined]
)
"""Name of the Keras class -> class, in the order of the menu on the Build page."""
