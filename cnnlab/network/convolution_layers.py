"""The convolution layers; see `layers` for all of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cnnlab.i18n.marks import N_
from cnnlab.network.arithmetic import ZERO, Shape, Sum
from cnnlab.network.initial_kernels import Kernels, check_kernels
from cnnlab.network.layer_bases import ConvolutionLayer, check_equal_strides


class Conv2D(ConvolutionLayer):
    """Keras's Conv2D: every filter covers all channels and produces one feature map."""

    title = N_("Convolution")
    kind: Literal["Conv2D"] = "Conv2D"
    filters: int = Field(32, ge=1, le=2048, description=N_("Number of kernels; each produces one feature map."))
    kernels: Kernels = Field((), description=N_("Hand-designed kernels that the first filters start with."))
    trainable: bool = Field(
        True,
        description=N_("Let training change this layer. Off: all filters and the bias keep their initial values."),
    )

    def arguments(self) -> dict[str, Any]:
        # `build` writes the kernels into the layer once it has weights.
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
        return self._weights(shape) if self.trainable else ZERO

    def non_trainable_weights(self, shape: Shape) -> Sum:
        return ZERO if self.trainable else self._weights(shape)

    def multiply_adds(self, shape: Shape) -> Sum:
        height, width, _ = self.output_shape(shape)
        return Sum((height, width, *self.kernel_size, shape[2], self.filters))


class DepthwiseConv2D(ConvolutionLayer):
    """Keras's DepthwiseConv2D: every channel has its own kernels; channels are not mixed."""

    title = N_("Depthwise convolution")
    kind: Literal["DepthwiseConv2D"] = "DepthwiseConv2D"
    depth_multiplier: int = Field(1, ge=1, le=64, description=N_("Number of kernels per input channel."))

    def _channels(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def output_shape(self, shape: Shape) -> Shape:
        output = super().output_shape(shape)
        check_equal_strides(self.strides)
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
    filters: int = Field(32, ge=1, le=2048, description=N_("Number of feature maps after the 1×1 convolution."))
    depth_multiplier: int = Field(1, ge=1, le=64, description=N_("Number of kernels per input channel."))

    def _channels(self, channels: int) -> int:
        return self.filters

    def output_shape(self, shape: Shape) -> Shape:
        output = super().output_shape(shape)
        check_equal_strides(self.strides)
        return output

    def trainable_weights(self, shape: Shape) -> Sum:
        depthwise = (*self.kernel_size, shape[2], self.depth_multiplier)
        pointwise = (shape[2] * self.depth_multiplier, self.filters)
        return Sum(depthwise, pointwise, *self._bias(self.filters))

    def multiply_adds(self, shape: Shape) -> Sum:
        height, width, _ = self.output_shape(shape)
        depthwise = (height, width, *self.kernel_size, shape[2], self.depth_multiplier)
        return Sum(depthwise, (height, width, shape[2] * self.depth_multiplier, self.filters))
