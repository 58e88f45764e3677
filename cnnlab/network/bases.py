"""What the classes of `layers` have in common: the base of all, and the bases of those that slide a window.

A layer's own fields and arithmetic are in `layers`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_serializer
from pydantic.fields import FieldInfo

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network.arithmetic import NOTHING, Padding, Shape, Sum, Window
from cnnlab.network.kernels import MAX_SIDE

Activation_ = Literal[
    "linear", "relu", "sigmoid", "tanh", "softmax", "elu", "gelu", "leaky_relu", "selu", "silu", "softplus"
]


def _both(value: Any) -> Any:
    # JSON has lists, and Keras lets one number stand for both directions; a Boolean is a number to Python only.
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


def _short(pair: tuple[int, int]) -> int | list[int]:
    return pair[0] if pair[0] == pair[1] else list(pair)


_Size = Annotated[int, Field(ge=1, le=MAX_SIDE)]
_Frame = Annotated[int, Field(ge=0, le=MAX_SIDE)]
Pair = Annotated[tuple[_Size, _Size], BeforeValidator(_both), PlainSerializer(_short)]
"""(height, width); one number means both."""
FramePair = Annotated[tuple[_Frame, _Frame], BeforeValidator(_both), PlainSerializer(_short)]


_ORDER = (
    "filters", "units", "kernel_size", "pool_size", "strides", "padding", "dilation_rate", "depth_multiplier", "rate",
    "stddev", "scale", "offset", "momentum", "epsilon", "activation", "use_bias", "kernels", "trainable",
)  # fmt: skip


class Layer(BaseModel):
    """What every layer has. `kind` is the name of the Keras class; the other fields are its arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    title: ClassVar[str]
    """What the layer is, in a few words (marked)."""

    kind: str

    @classmethod
    def fields(cls) -> dict[str, FieldInfo]:
        """The fields of the form, in the order of Keras's constructors."""
        return {name: cls.model_fields[name] for name in sorted(set(cls.model_fields) - {"kind"}, key=_ORDER.index)}

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of the Keras layer; a field that Keras does not have is not among them."""
        return {name: getattr(self, name) for name in self.fields()}

    def output_shape(self, shape: Shape) -> Shape:
        """The output's shape for an input of `shape`, both without the batch.

        Raises:
            NetworkError: this layer cannot take that input; `field` and `mend` say where and how to mend it.
        """
        return shape

    def trainable_weights(self, shape: Shape) -> Sum:
        """The weights that training changes."""
        return NOTHING

    def non_trainable_weights(self, shape: Shape) -> Sum:
        """The weights that training leaves alone, or to other rules (moving averages)."""
        return NOTHING

    def multiply_adds(self, shape: Shape) -> Sum:
        """Multiplications with an addition each, for one image; comparing, exponentials and additions do not count."""
        return NOTHING

    def window(self, shape: Shape) -> Window | None:
        """The window that one output value looks through; None where it looks at the same place of the input."""
        return None

    @model_serializer(mode="wrap")
    def _only_what_was_chosen(self, handler: Any) -> dict[str, Any]:
        # Short links and readable files: what equals the default is left out. So the defaults are part of the format:
        # to change one is to change the format's version.
        chosen = {name for name, info in type(self).model_fields.items() if getattr(self, name) != info.default}
        return {name: value for name, value in handler(self).items() if name == "kind" or name in chosen}


class NormalizingLayer(Layer):
    """A layer that brings values to mean 0 and spread 1, then rescales each channel as it has learned."""

    epsilon: float = Field(0.001, gt=0, le=1, description=N_("A small number that keeps the division from exploding."))

    def trainable_weights(self, shape: Shape) -> Sum:
        return Sum((2, shape[-1]))

    def multiply_adds(self, shape: Shape) -> Sum:
        return Sum(shape)


class PictureLayer(Layer):
    """A layer that takes a picture, (height, width, channels)."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise NetworkError(
                N_("It needs a picture (height, width, channels), but it receives a vector of {units} numbers."),
                N_("Move it before the layer that makes the vector (Flatten or a global pooling), or remove it."),
                units=shape[0],
            ).at(None, mend="remove")
        return self._picture(*shape)

    def _picture(self, height: int, width: int, channels: int) -> Shape:
        return height, width, channels


class SlidingLayer(PictureLayer):
    """A picture layer that slides a window."""

    padding: Padding = Field(
        "valid",
        description=N_(
            "valid: the window stays inside; same: a frame of zeros is added so that, with stride 1, the size stays."
        ),
    )
    _window_field: ClassVar[str]

    @abstractmethod
    def window(self, shape: Shape) -> Window: ...

    def _slide(self, height: int, width: int, channels: int) -> Shape:
        window = self.window((height, width, channels))
        sizes = [window.output(length, axis, self.padding) for axis, length in enumerate((height, width))]
        if min(sizes) < 1:
            raise NetworkError(
                N_("Its window of {window} is larger than its input of {input}; expected a window that fits."),
                N_("Use “same” padding, a smaller window, or fewer poolings before it."),
                window=f"{window.reach(0)}×{window.reach(1)}",
                input=f"{height}×{width}",
            ).at(None, field=self._window_field, mend="same")
        return sizes[0], sizes[1], channels


class ConvolutionLayer(SlidingLayer):
    kernel_size: Pair = Field((3, 3), description=N_("Height and width of the kernel, in pixels."))
    strides: Pair = Field((1, 1), description=N_("How far the kernel moves each time, in pixels."))
    dilation_rate: Pair = Field(
        (1, 1),
        description=N_("The distance between the pixels that the kernel looks at; 1: neighbours."),
    )
    activation: Activation_ = Field("linear", description=N_("The function applied to every output value."))
    use_bias: bool = Field(True, description=N_("Adds one learned number to each channel of the output."))
    _window_field: ClassVar[str] = "kernel_size"

    def window(self, shape: Shape) -> Window:
        return Window(self.kernel_size, self.strides, self.dilation_rate)

    def _picture(self, height: int, width: int, channels: int) -> Shape:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise NetworkError(
                N_(
                    "Strides of {strides} and a dilation of {dilation} cannot be combined; "
                    "expected one of them to be 1."
                ),
                N_("Set strides or dilation_rate to 1."),
                strides=_short(self.strides),
                dilation=_short(self.dilation_rate),
            ).at(None, field="dilation_rate", mend="undilate")
        height, width, _ = self._slide(height, width, channels)
        return height, width, self._channels(channels)

    @abstractmethod
    def _channels(self, channels: int) -> int:
        """Channels of the output, for an input of `channels`."""

    def _bias(self, channels: int) -> tuple[tuple[int, ...], ...]:
        return ((channels,),) if self.use_bias else ()


class PoolingLayer(SlidingLayer):
    pool_size: Pair = Field((2, 2), description=N_("Height and width of the window, in pixels."))
    strides: Pair | None = Field(None, description=N_("How far the window moves each time; empty: its own size."))
    _window_field: ClassVar[str] = "pool_size"

    def window(self, shape: Shape) -> Window:
        return Window(self.pool_size, self.strides or self.pool_size)

    def _picture(self, height: int, width: int, channels: int) -> Shape:
        return self._slide(height, width, channels)


class GlobalPoolingLayer(PictureLayer):
    def _picture(self, height: int, width: int, channels: int) -> Shape:
        return (channels,)

    def window(self, shape: Shape) -> Window:
        return Window((shape[0], shape[1]), (1, 1))


def equal_strides(strides: tuple[int, int]) -> None:
    # TensorFlow's depthwise kernel has one stride for both directions.
    if strides[0] != strides[1]:
        raise NetworkError(
            N_("A depthwise convolution moves equally far in both directions; received strides of {strides}."),
            N_("Use the same stride for height and width."),
            strides=f"{strides[0]}×{strides[1]}",
        ).at(None, field="strides", mend="equal-strides")
