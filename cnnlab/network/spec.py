"""NetworkSpec: a network as a plain value (input shape and layers), and its round trip through JSON.

`summary` computes shapes and costs; `summary.check` says whether a network can be trained on a dataset.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_serializer, model_validator

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.initial_kernels import MAX_WEIGHTS, count_weights
from cnnlab.network.layers import AnyLayer, Conv2D
from cnnlab.network.start import Start, common_weights, weighted

FORMAT: Literal[1] = 1
"""Version of the JSON format; newer versions are refused."""

MAX_LAYERS = 64
MAX_JSON = 100_000
"""Maximum length in characters; the largest possible network needs a fifth of it."""

MAX_EXCERPT = 40
"""Maximum number of characters that an error quotes from a foreign text."""

_Length = Annotated[int, Field(ge=1, le=512)]
_Channels = Annotated[int, Field(ge=1, le=4)]


class NetworkSpec(BaseModel):
    """A network: its input shape and its layers, in order.

    Attributes:
        name: a label without effect on the computation.
        input_shape: (height, width, channels) of one image.
        layers: at most `MAX_LAYERS` layers.
        start: the trained network that the first layers start from; None: all weights start at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: Literal[1] = FORMAT
    name: str = Field("", max_length=80)
    input_shape: tuple[_Length, _Length, _Channels] = (28, 28, 1)
    layers: tuple[AnyLayer, ...] = Field((), max_length=MAX_LAYERS)
    start: Start | None = None

    @model_validator(mode="after")
    def _limit_kernels(self) -> NetworkSpec:
        count = 0
        for index, layer in enumerate(self.layers):
            count += count_weights(layer.kernels) if isinstance(layer, Conv2D) else 0
            if count > MAX_WEIGHTS:
                raise (
                    NetworkError(
                        N_("The hand-designed kernels of a network may have at most {most} weights in total."),
                        N_("Remove kernels first, or use smaller ones."),
                        most=MAX_WEIGHTS,
                    )
                    .at(index, field="kernels")
                    .of_kind(layer.kind)
                )
        return self

    @model_validator(mode="after")
    def _limit_start(self) -> NetworkSpec:
        count = len(weighted(self.layers))
        if self.start and self.start.taken > count:
            raise NetworkError(
                N_("The network starts {taken} layers with the weights of another network, but only {count} have any."),
                N_("Correct “taken”, or leave out “start” to train from scratch."),
                taken=self.start.taken,
                count=count,
            ).at(None, field="start")
        return self

    @model_serializer(mode="wrap")
    def _omit_start(self, handler: Any) -> dict[str, Any]:
        # A network without one is written as before there were any.
        return {name: value for name, value in handler(self).items() if name != "start" or value is not None}

    @property
    def taken(self) -> tuple[int, ...]:
        """Return the indices of the layers that start with the weights of another network."""
        return tuple(weighted(self.layers)[: self.start.taken]) if self.start else ()

    @property
    def frozen(self) -> tuple[int, ...]:
        """Return the indices of those among them that training leaves unchanged."""
        return self.taken[: self.start.frozen] if self.start else ()

    def replace(self, **changes: Any) -> NetworkSpec:
        """Return a validated copy with `changes`.

        Layers that no longer fit the weights that they started with, and those after them, start at random.

        Raises:
            NetworkError: the kernels of the layers have more weights than a network may have.
        """
        after = {**dict(self), **changes}
        if self.start and "start" not in changes:
            same = common_weights((self.input_shape, self.layers), (after["input_shape"], after["layers"]))
            after["start"] = self.start.with_taken(same)
        return NetworkSpec.model_validate(after)

    def to_json(self, indent: int | None = None) -> str:
        return self.model_dump_json(indent=indent)

    @classmethod
    def from_json(cls, text: str) -> NetworkSpec:
        """Read a network written by `to_json`.

        Raises:
            NetworkError: the text is not a network, is of a newer version, or has values out of range.
        """
        if len(text) > MAX_JSON:
            raise NetworkError(
                N_("A network file may have at most {most} characters; received {count}."),
                most=MAX_JSON,
                count=len(text),
            )
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            raise NetworkError(
                N_("This is not JSON; expected a network exported from CNN Lab."),
                N_("Copy the whole text, from the first brace to the last."),
            ) from None
        return cls.from_content(content)

    @classmethod
    def from_content(cls, content: object) -> NetworkSpec:
        """Read a network from parsed JSON; see `from_json`."""
        if isinstance(content, dict) and isinstance(content.get("version"), int) and content["version"] > FORMAT:
            raise NetworkError(
                N_("The network was written by a newer CNN Lab (format {theirs}; this one reads {ours})."),
                N_("Update CNN Lab, or ask for the network in the older format."),
                theirs=_excerpt(content["version"]),
                ours=FORMAT,
            )
        try:
            return cls.model_validate(content)
        except (ValidationError, RecursionError) as error:
            raise _first_error(error) from None


_MESSAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "greater_than_equal": (N_("“{place}” should be at least {expected}; received {received}."), "ge"),
        "greater_than": (N_("“{place}” should be more than {expected}; received {received}."), "gt"),
        "less_than_equal": (N_("“{place}” should be at most {expected}; received {received}."), "le"),
        "less_than": (N_("“{place}” should be less than {expected}; received {received}."), "lt"),
        "literal_error": (N_("“{place}” should be one of {expected}; received {received}."), "expected"),
        "union_tag_invalid": (N_("“{place}” should be one of {expected}; received {received}."), "expected_tags"),
        "too_long": (N_("“{place}” should have at most {expected} entries; received {received}."), "max_length"),
        "too_short": (N_("“{place}” should not be empty."), ""),
        "ragged": (N_("“{place}” should be a matrix: a list of rows of the same length."), ""),
        "repeated": (N_("“{place}” should not contain the same kernel twice."), ""),
        "string_too_long": (N_("“{place}” should have at most {expected} characters."), "max_length"),
        "missing": (N_("“{place}” is missing."), ""),
        "union_tag_not_found": (N_("“{place}” is missing."), ""),
        "extra_forbidden": (N_("Unknown field “{place}”."), ""),
        "int": (N_("“{place}” should be a whole number; received {received}."), ""),
        "float": (N_("“{place}” should be a number; received {received}."), ""),
        "finite": (N_("“{place}” should be a number; received {received}."), ""),
        "bool": (N_("“{place}” should be true or false; received {received}."), ""),
        "string": (N_("“{place}” should be text; received {received}."), ""),
        "tuple": (N_("“{place}” should be a list; received {received}."), ""),
        "model": (N_("“{place}” should be an object with named fields; received {received}."), ""),
    }
)
"""Pydantic's error type, or its first word -> a template, and the key of the expected value in Pydantic's context."""

_OTHER_MESSAGE = (N_("“{place}” is invalid; received {received}."), "")


def _first_error(error: Exception) -> NetworkError:
    """Return Pydantic's first error as one that names the layer and the field."""
    if not isinstance(error, ValidationError):
        return NetworkError(N_("This is not a network: it is nested too deeply."))
    first = error.errors(include_url=False)[0]
    sort, context, received = first["type"], first.get("ctx", {}), first["input"]
    template, expected_key = _MESSAGES.get(sort) or _MESSAGES.get(sort.split("_")[0], _OTHER_MESSAGE)
    if sort == "union_tag_invalid":
        received = context["tag"]
    values = {
        # Pydantic writes choices as "'valid' or 'same'".
        "expected": str(context.get(expected_key, "")).replace(" or ", ", ").replace("'", ""),
        "received": context.get("actual_length", _excerpt(received)),
    }
    if first["loc"][:1] == ("layers",) and len(first["loc"]) > 1:
        # ("layers", index, kind, field, ...); shorter if the kind is wrong or the layer is not an object.
        index, kind, *inside = first["loc"][1:] if len(first["loc"]) > 2 else (first["loc"][1], None)
        place = "kind" if sort.startswith("union_tag") else _path(inside) or "layer"
        refusal = NetworkError(template, place=place, **values)
        refusal = refusal.at(int(index or 0), field=str(inside[0]) if inside else None)
        return refusal.of_kind(kind) if isinstance(kind, str) else refusal
    return NetworkError(
        template,
        N_("Expected an object with “input_shape” and “layers”, as exported from CNN Lab."),
        place=_path(first["loc"]) or "JSON",
        **values,
    )


def _path(parts: Iterable[object]) -> str:
    return _printable(".".join(map(str, parts)))


def _excerpt(value: object) -> str:
    """Return a foreign value as text short enough for a sentence."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list | tuple):
        return "[…]"
    return _printable(json.dumps(value, ensure_ascii=False, default=str))


def _printable(text: str) -> str:
    text = text if len(text) <= MAX_EXCERPT else text[: MAX_EXCERPT - 1] + "…"
    return text.encode(errors="replace").decode()
