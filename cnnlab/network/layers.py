"""One class a layer: its fields, named as Keras's constructor arguments are, and its arithmetic.

The form on the Build page, the validation, the JSON, the link, the Keras layer and the exported code are all derived
from these classes, so adding a layer to CNN Lab is adding one class here and naming it in `AnyLayer`.
What layers have in common is in `bases`; the walk over a whole network is in `shapes`; making Keras layers of them is
in `build`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network.arithmetic import NOTHING, Shape, Sum
from cnnlab.network.bases import (
    Activation_,
    ConvolutionLayer,
    FramePair,
    GlobalPoolingLayer,
    Layer,
    NormalizingLayer,
    PictureLayer,
    PoolingLayer,
    equal_strides,
)
from cnnlab.network.kernels import Kernels, check_kernels

__all__ = [
    "LAYERS", "Activation", "AnyLayer", "AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "DepthwiseConv2D",
    "Dropout", "Flatten", "GaussianNoise", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Layer",
    "LayerNormalization", "MaxPooling2D", "Rescaling", "SeparableConv2D", "SpatialDropout2D", "ZeroPadding2D",
]  # fmt: skip


class Conv2D(ConvolutionLayer):
    """Keras's Conv2D: every filter looks at all channels and makes one feature map."""

    title = N_("Convolution")
    kind: Literal["Conv2D"] = "Conv2D"
    filters: int = Field(32, ge=1, le=2048, description=N_("How many kernels it learns; each makes one feature map."))
    kernels: Kernels = Field((), description=N_("Hand-designed kernels that the first filters begin with."))
    trainable: bool = Field(
        True,
        description=N_(
            "Whether training changes this layer. Off: the whole layer stays as it begins, every filter and the bias."
        ),
    )

    def arguments(self) -> dict[str, Any]:
        # The kernels are written into the layer once it has its weights.
        return {name: value for name, value in super().arguments().items() if name != "kernels"}

    def _channels(self, channels: int) -> int:
        return self.filters

    def output_shape(self, shape: Shape) -> Shape:
        output = super().output_shape(shape)
        check_kernels(self.kernels, self.filters, self.kernel_size)
        return output

    def _weights(self, shape: Shape) -> Sum:
        return Sum((*self.kernel_size, shape[2], self.filters), *self._bias(self.filters))

    def trainable_weights(self, shape: Shape) -> Sum:
        return self._weights(shape) if self.trainable else NOTHING

    def non_trainable_weights(self, shape: Shape) -> Sum:
        return NOTHING if self.trainable else self._weights(shape)

    def multiply_adds(self, shape: Shape) -> Sum:
        height, width, _ = self.output_shape(shape)
        return Sum((height, width, *self.kernel_size, shape[2], self.filters))


class DepthwiseConv2D(ConvolutionLayer):
    """Keras's DepthwiseConv2D: every channel has kernels of its own; channels are not mixed."""

    title = N_("Depthwise convolution")
    kind: Literal["DepthwiseConv2D"] = "DepthwiseConv2D"
    depth_multiplier: int = Field(1, ge=1, le=64, description=N_("How many kernels each channel of the input gets."))

    def _channels(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def output_shape(self, shape: Shape) -> Shape:
        output = super().output_shape(shape)
        equal_strides(self.strides)
        return output

    def trainable_weights(self, shape: Shape) -> Sum:
        channels = shape[2] * self.depth_multiplier
        return Sum((*self.kernel_size, shape[2], self.depth_multiplier), *self._bias(channels))

    def multiply_adds(self, shape: Shape) -> Sum:
        height, width, _ = self.output_shape(shape)
        return Sum((height, width, *self.kernel_size, shape[2], self.depth_multiplier))


class SeparableConv2D(ConvolutionLayer):
    """Keras's SeparableConv2D: a depthwise convolution, then a 1×1 convolution that mixes the channels."""

    title = N_("Separable convolution")
    kind: Literal["SeparableConv2D"] = "SeparableConv2D"
    filters: int = Field(32, ge=1, le=2048, description=N_("How many feature maps the 1×1 convolution makes."))
    depth_multiplier: int = Field(1, ge=1, le=64, description=N_("How many kernels each channel of the input gets."))

    def _channels(self, channels: int) -> int:
        return self.filters

    def output_shape(self, shape: Shape) -> Shape:
        output = super().output_shape(shape)
        equal_strides(self.strides)
        return output

    def trainable_weights(self, shape: Shape) -> Sum:
        depthwise = (*self.kernel_size, shape[2], self.depth_multiplier)
        pointwise = (shape[2] * self.depth_multiplier, self.filters)
        return Sum(depthwise, pointwise, *self._bias(self.filters))

    def multiply_adds(self, shape: Shape) -> Sum:
        height, width, _ = self.output_shape(shape)
        depthwise = (height, width, *self.kernel_size, shape[2], self.depth_multiplier)
        return Sum(depthwise, (height, width, shape[2] * self.depth_multiplier, self.filters))


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
    """Keras's BatchNormalization: each channel is brought to mean 0 and spread 1 over the batch, then rescaled."""

    title = N_("Batch normalization")
    kind: Literal["BatchNormalization"] = "BatchNormalization"
    momentum: float = Field(0.99, ge=0, lt=1, description=N_("How slowly the moving mean and variance follow."))

    def non_trainable_weights(self, shape: Shape) -> Sum:
        return Sum((2, shape[-1]))


class LayerNormalization(NormalizingLayer):
    """Keras's LayerNormalization over the last axis: the channels of each position are normalized together."""

    title = N_("Layer normalization")
    kind: Literal["LayerNormalization"] = "LayerNormalization"


class Dropout(Layer):
    """Keras's Dropout: while training, switches off values at random and scales the others up."""

    title = N_("Dropout")
    kind: Literal["Dropout"] = "Dropout"
    rate: float = Field(0.25, ge=0, lt=1, description=N_("The share of values switched off in each training step."))


class SpatialDropout2D(PictureLayer):
    """Keras's SpatialDropout2D: while training, switches off whole feature maps at random."""

    title = N_("Spatial dropout")
    kind: Literal["SpatialDropout2D"] = "SpatialDropout2D"
    rate: float = Field(
        0.25, ge=0, lt=1, description=N_("The share of feature maps switched off in each training step.")
    )


class GaussianNoise(Layer):
    """Keras's GaussianNoise: while training, adds random numbers."""

    title = N_("Gaussian noise")
    kind: Literal["GaussianNoise"] = "GaussianNoise"
    stddev: float = Field(0.1, ge=0, le=10, description=N_("The spread (standard deviation) of the noise."))


class Activation(Layer):
    """Keras's Activation: a function applied to every value."""

    title = N_("Activation")
    kind: Literal["Activation"] = "Activation"
    activation: Activation_ = Field("relu", description=N_("The function applied to every output value."))


class Rescaling(Layer):
    """Keras's Rescaling: every value times a number, plus another; nothing is learned."""

    title = N_("Rescaling")
    kind: Literal["Rescaling"] = "Rescaling"
    scale: float = Field(1.0, ge=-1000, le=1000, description=N_("What every value is multiplied by."))
    offset: float = Field(0.0, ge=-1000, le=1000, description=N_("What is then added to every value."))

    def multiply_adds(self, shape: Shape) -> Sum:
        return Sum(shape)


class ZeroPadding2D(PictureLayer):
    """Keras's ZeroPadding2D: a frame of zeros."""

    title = N_("Zero padding")
    kind: Literal["ZeroPadding2D"] = "ZeroPadding2D"
    padding: FramePair = Field((1, 1), description=N_("Zeros added above and below, and left and right, in pixels."))

    def _picture(self, height: int, width: int, channels: int) -> Shape:
        return height + 2 * self.padding[0], width + 2 * self.padding[1], channels


class Flatten(Layer):
    """Keras's Flatten: a picture becomes one long vector."""

    title = N_("Flatten")
    kind: Literal["Flatten"] = "Flatten"

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


class Dense(Layer):
    """Keras's Dense: every unit looks at every number of the input vector."""

    title = N_("Dense")
    kind: Literal["Dense"] = "Dense"
    units: int = Field(10, ge=1, le=16384, description=N_("How many neurons, and so how many numbers it puts out."))
    activation: Activation_ = Field("linear", description=N_("The function applied to every output value."))
    use_bias: bool = Field(True, description=N_("Adds one learned number to each unit."))

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise NetworkError(
                N_("It needs a vector, but it receives a picture of {shape}."),
                N_("Add Flatten (or a global pooling) before this layer."),
                shape="×".join(map(str, shape)),
            ).at(None, mend="flatten")
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
    | Rescaling
    | ZeroPadding2D
    | Flatten
    | Dense,
    Field(discriminator="kind"),
]

LAYERS: Mapping[str, type[Layer]] = MappingProxyType(
    {cls.__name__: cls for cls in AnyLayer.__origin__.__args__}  # type: ignore[attr-defined]
)
"""Keras's name -> class, in the order in which the Build page offers them."""
