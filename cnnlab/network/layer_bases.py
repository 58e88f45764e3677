"""Base classes of the layers in `layers`: the common base, and those of layers that slide a window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_serializer
from pydantic.fields import FieldInfo

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_, nN_
from cnnlab.network.arithmetic import ZERO, Padding, Shape, Sum, Window
from cnnlab.network.initial_kernels import MAX_KERNEL_SIZE

Activation_ = Literal[
    "linear", "relu", "sigmoid", "tanh", "softmax", "elu", "gelu", "leaky_relu", "selu", "silu", "softplus"
]


def _to_pair(value: Any) -> Any:
    # JSON has lists, and Keras accepts one number for both directions. bool is an int only to Python.
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


def _single_if_equal(pair: tuple[int, int]) -> int | list[int]:
    return pair[0] if pair[0] == pair[1] else list(pair)


_Size = Annotated[int, Field(ge=1, le=MAX_KERNEL_SIZE)]
_Frame = Annotated[int, Field(ge=0, le=MAX_KERNEL_SIZE)]
Pair = Annotated[tuple[_Size, _Size], BeforeValidator(_to_pair), PlainSerializer(_single_if_equal)]
"""(height, width); a single number means both."""
FramePair = Annotated[tuple[_Frame, _Frame], BeforeValidator(_to_pair), PlainSerializer(_single_if_equal)]


_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "filters": N_("Filters"),
        "units": N_("Units"),
        "kernel_size": N_("Kernel size"),
        "pool_size": N_("Pool size"),
        "strides": N_("Stride"),
        "padding": N_("Padding"),
        "dilation_rate": N_("Dilation"),
        "depth_multiplier": N_("Depth multiplier"),
        "rate": N_("Dropout rate"),
        "stddev": N_("Standard deviation"),
        "negative_slope": N_("Negative slope"),
        "scale": N_("Scale factor"),
        "offset": N_("Offset"),
        "momentum": N_("Momentum"),
        "epsilon": N_("Epsilon"),
        "activation": N_("Activation"),
        "use_bias": N_("Use bias"),
        "kernels": N_("Initial kernels"),
        "trainable": N_("Train this layer"),
    }
)
"""Field -> its label, in the order of Keras's constructors."""


class Layer(BaseModel):
    """The base of all layers. `kind` is the name of the Keras class; the other fields are its arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    title: ClassVar[str]
    """Name of the layer for readers (marked)."""
    has_weights: ClassVar[bool] = False
    random: ClassVar[bool] = False
    """Whether the layer changes its input at random during training."""

    kind: str

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        for name in set(cls.model_fields) - {"kind"}:
            cls.model_fields[name].title = _TITLES[name]

    @classmethod
    def fields(cls) -> dict[str, FieldInfo]:
        """Return the fields of the form, in the order of Keras's constructors."""
        return {name: cls.model_fields[name] for name in _TITLES if name in cls.model_fields}

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of the Keras layer, without fields that Keras does not have."""
        return {name: getattr(self, name) for name in self.fields()}

    def output_shape(self, shape: Shape) -> Shape:
        """Return the output shape for an input of `shape`, both without the batch axis.

        Raises:
            NetworkError: the layer does not fit the input; `field` names the field at fault, `quick_fix` the quick fix.
        """
        return shape

    def trainable_weights(self, shape: Shape) -> Sum:
        """Return the number of weights that training changes."""
        return ZERO

    def non_trainable_weights(self, shape: Shape) -> Sum:
        """Return the number of weights that are frozen or updated by other rules (moving averages)."""
        return ZERO

    def weights(self, shape: Shape) -> Sum:
        """Return the number of all weights, in Keras's order."""
        return Sum(*self.trainable_weights(shape).terms, *self.non_trainable_weights(shape).terms)

    def multiply_adds(self, shape: Shape) -> Sum:
        """Return the multiply-adds for one image; comparisons, exponentials and plain additions do not count."""
        return ZERO

    def window(self, shape: Shape) -> Window | None:
        """Return the window that one output value covers; None for a layer that works value by value."""
        return None

    @model_serializer(mode="wrap")
    def _omit_defaults(self, handler: Any) -> dict[str, Any]:
        # Omit default values to keep links short and files readable. The defaults are therefore part of the format:
        # changing one requires a new format version.
        chosen = {name for name, info in type(self).model_fields.items() if getattr(self, name) != info.default}
        return {name: value for name, value in handler(self).items() if name == "kind" or name in chosen}


class NormalizingLayer(Layer):
    """A layer that normalizes values to mean 0 and variance 1, then applies a learned scale and offset per channel."""

    has_weights = True
    epsilon: float = Field(0.001, gt=0, le=1, description=N_("Small constant that prevents division by zero."))

    def trainable_weights(self, shape: Shape) -> Sum:
        return Sum((2, shape[-1]))

    def multiply_adds(self, shape: Shape) -> Sum:
        return Sum(shape)


class ImageLayer(Layer):
    """A layer whose input is an image, (height, width, channels)."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise NetworkError(
                nN_(
                    "It needs an image (height, width, channels), but it receives a vector of {units} value.",
                    "It needs an image (height, width, channels), but it receives a vector of {units} values.",
                    shape[0],
                ),
                N_("Move it before the layer that produces the vector (Flatten or global pooling), or remove it."),
                units=shape[0],
            ).at(None, quick_fix="remove")
        return self._image_output(*shape)

    def _image_output(self, height: int, width: int, channels: int) -> Shape:
        return height, width, channels


class SlidingLayer(ImageLayer):
    """An image layer that slides a window."""

    padding: Padding = Field(
        "valid",
        description=N_(
            "valid: the window stays inside the image; same: zeros are added around it, so that stride 1 "
            "keeps the size."
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
                N_("Use “same” padding, a smaller window, or fewer pooling layers before it."),
                window=f"{window.reach(0)}×{window.reach(1)}",
                input=f"{height}×{width}",
            ).at(None, field=self._window_field, quick_fix="same")
        return sizes[0], sizes[1], channels


class ConvolutionLayer(SlidingLayer):
    """A layer that slides learned kernels over the image."""

    has_weights = True
    kernel_size: Pair = Field((3, 3), description=N_("Height and width of the kernel, in pixels."))
    strides: Pair = Field((1, 1), description=N_("Step of the kernel, in pixels."))
    dilation_rate: Pair = Field(
        (1, 1),
        description=N_("Spacing of the pixels under the kernel; 1: adjacent pixels."),
    )
    activation: Activation_ = Field("linear", description=N_("Function applied to every output value."))
    use_bias: bool = Field(True, description=N_("Add one learned value to each output channel."))
    _window_field: ClassVar[str] = "kernel_size"

    def window(self, shape: Shape) -> Window:
        return Window(self.kernel_size, self.strides, self.dilation_rate)

    def _image_output(self, height: int, width: int, channels: int) -> Shape:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise NetworkError(
                N_(
                    "Strides of {strides} and a dilation of {dilation} cannot be combined; "
                    "expected one of them to be 1."
                ),
                N_("Set the stride or the dilation to 1."),
                strides=_single_if_equal(self.strides),
                dilation=_single_if_equal(self.dilation_rate),
            ).at(None, field="dilation_rate", quick_fix="undilate")
        height, width, _ = self._slide(height, width, channels)
        return height, width, self._channels(channels)

    @abstractmethod
    def _channels(self, channels: int) -> int:
        """Return the number of output channels for an input with `channels` channels."""

    def _bias(self, channels: int) -> tuple[tuple[int, ...], ...]:
        return ((channels,),) if self.use_bias else ()


class PoolingLayer(SlidingLayer):
    """A layer that reduces each window to one value."""

    pool_size: Pair = Field((2, 2), description=N_("Height and width of the window, in pixels."))
    strides: Pair | None = Field(None, description=N_("Step of the window, in pixels; empty: the pool size."))
    _window_field: ClassVar[str] = "pool_size"

    def window(self, shape: Shape) -> Window:
        return Window(self.pool_size, self.strides or self.pool_size)

    def _image_output(self, height: int, width: int, channels: int) -> Shape:
        return self._slide(height, width, channels)


class GlobalPoolingLayer(ImageLayer):
    """A layer that reduces each feature map to one value."""

    def _image_output(self, height: int, width: int, channels: int) -> Shape:
        return (channels,)

    def window(self, shape: Shape) -> Window:
        return Window((shape[0], shape[1]), (1, 1))


def check_equal_strides(strides: tuple[int, int]) -> None:
    """Check that both strides are equal: TensorFlow's depthwise convolution takes one stride for both directions."""
    if strides[0] != strides[1]:
        raise NetworkError(
            N_("A depthwise convolution needs equal strides in both directions; received {strides}."),
            N_("Use the same stride for height and width."),
            strides=f"{strides[0]}×{strides[1]}",
        ).at(None, field="strides", quick_fix="equal-strides")
