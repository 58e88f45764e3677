"""A Pydantic model -> widgets -> a Pydantic model. Labels, ranges, choices and help come from the model's fields."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cnnlab.ui.text import _, translate

Model = TypeVar("Model", bound=BaseModel)
Widget = Callable[[Any, str, dict[str, Any]], Any]
"""Draws a custom widget: takes the model, the label, and help, key etc.; returns the value."""
Widgets = Mapping[str, Widget]
"""Field -> custom widget, for fields whose type determines none."""
NO_WIDGETS: Widgets = {}

WIDTH = 150
WIDE = 2 * WIDTH + 16
"""Pixels. A wide field is as wide as two fields and their gap, so that fields line up in columns."""
LONG = 14
LONG_LABEL = 15
"""Characters of an option, and of a toggle's label, that fit; a Korean one counts twice."""
PAIR_WIDTH = 86


def edit(
    model: Model,
    names: Iterable[str],
    key: str,
    idle: Callable[[Model, str], bool] = lambda model, name: False,
    widgets: Widgets = NO_WIDGETS,
) -> Model:
    """Draw the named fields of `model` and return a copy with the values that the user entered.

    Args:
        key: prefix of the widgets' keys; a new key starts over from `model`.
        idle: returns whether a field has no effect, given the values entered before it; it is then disabled.
        widgets: fields with a custom widget.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values: dict[str, Any] = {}
        for name in names:
            values[name] = field(model, name, key, idle(model.model_copy(update=values), name), widgets)
    return type(model).model_validate({**dict(model), **values})


def field(model: BaseModel, name: str, key: str, disabled: bool = False, widgets: Widgets = NO_WIDGETS) -> Any:
    """Draw one field and return its value. A field that is a model itself is drawn as its fields."""
    label = title(type(model), name)
    kind, optional, low, high = _plan(type(model), name)
    value = getattr(model, name)
    common: dict[str, Any] = {
        "help": about(type(model), name),
        "key": f"{key}.{name}",
        "disabled": disabled,
    }
    if name in widgets:
        return widgets[name](model, label, common)
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        width = WIDTH if max(map(len, options)) <= LONG else WIDE
        return st.selectbox(label, options, index=options.index(value), width=width, **common)
    if kind is bool:
        return st.toggle(label, value=value, width=WIDTH if _width(label) <= LONG_LABEL else WIDE, **common)
    if kind is str:
        return st.text_input(label, value=value, max_chars=high, width=WIDTH, **common)
    if isinstance(value, BaseModel) or get_origin(kind) is tuple:
        return _several(model, name, (low, high), common)
    if value is not None:
        # A link or file can contain a value outside the widget's range: show it unchanged.
        low, high = (min(low, value) if low is not None else None), (max(high, value) if high is not None else None)
    step = 1 if kind is int else 10.0 ** _exponent(value)
    return st.number_input(
        label,
        value=value,
        min_value=low,
        max_value=high,
        step=step,
        format="%d" if kind is int else "%g",
        placeholder=_("all") if optional else None,
        width=WIDTH,
        **common,
    )


def title(model: type[BaseModel], name: str) -> str:
    """Return a field's label, in words."""
    return translate(model.model_fields[name].title or name)


def about(model: type[BaseModel], name: str) -> str:
    """Return a field's help: its name (that of Keras's argument, if it has one) and its description."""
    return f"`{name}`: {translate(model.model_fields[name].description or '')}"


def _width(label: str) -> int:
    """Count the characters of a label; a wide one counts twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in label)


@functools.cache
def _plan(model: type[BaseModel], name: str) -> tuple[Any, bool, Any, Any]:
    """Return a field's plain type, whether it may be empty, and its minimum and maximum (for text: its length)."""
    info = model.model_fields[name]
    kind, optional, bounds = _unwrapped(info.annotation, info.metadata)
    if get_origin(kind) is tuple:
        return kind, optional, *_range(_unwrapped(get_args(kind)[0])[2], int)
    return kind, optional, *_range(bounds, kind)


def _several(model: BaseModel, name: str, ends: tuple[Any, Any], common: dict[str, Any]) -> Any:
    """Draw a field with several values."""
    value = getattr(model, name)
    if isinstance(value, BaseModel):
        return edit(value, type(value).model_fields, common["key"])
    return _pair(title(type(model), name), value, ends, common)


def _pair(
    label: str, value: tuple[int, int] | None, ends: tuple[int, int], common: dict[str, Any]
) -> tuple[int, int] | None:
    """Draw height and width as two narrow fields; an empty one takes the other's value."""
    low, high = ends
    key = common.pop("key")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", width="content", wrap=False):
        height, width = (
            st.number_input(
                name,
                value=value[axis] if value else None,
                min_value=low,
                max_value=high,
                step=1,
                width=PAIR_WIDTH,
                key=f"{key}.{axis}",
                label_visibility="visible" if axis == 0 else "hidden",
                **(common if axis == 0 else {}),
            )
            for axis, name in enumerate((label, _("{name}, width", name=label)))
        )
    both = [side for side in (height, width) if side is not None]
    return (both[0], both[-1]) if both else None


def _unwrapped(annotation: Any, metadata: Iterable[Any] = ()) -> tuple[Any, bool, list[Any]]:
    """Unwrap `Annotated` and `| None`: return the plain type, whether None is allowed, and the bounds."""
    optional, bounds = False, list(metadata)
    while True:
        if get_origin(annotation) in (Union, UnionType):
            (annotation,) = (kind for kind in get_args(annotation) if kind is not NoneType)
            optional = True
        elif get_origin(annotation) is Annotated:
            annotation, *extra = get_args(annotation)
            bounds += [bound for one in extra for bound in (one.metadata if isinstance(one, FieldInfo) else [one])]
        else:
            return annotation, optional, bounds


def _range(bounds: Iterable[Any], kind: type[int] | type[float]) -> tuple[Any, Any]:
    """Return the widget's minimum and maximum. Exclusive bounds move inward by a millionth."""
    low: Any = None
    high: Any = None
    for bound in bounds:
        match bound:
            case annotated_types.Ge():
                low = kind(bound.ge)  # type: ignore[arg-type,call-overload]
            case annotated_types.MaxLen():
                high = bound.max_length
            case annotated_types.Le():
                high = kind(bound.le)  # type: ignore[arg-type,call-overload]
            case annotated_types.Gt():
                low = float(bound.gt) + 1e-6  # type: ignore[arg-type]
            case annotated_types.Lt():
                high = float(bound.lt) - 1e-6  # type: ignore[arg-type]
    return low, high


def _exponent(value: float) -> int:
    """Return the power of ten of a number's first digit: a step that suits both 0.001 and 0.5."""
    return int(f"{value:e}".split("e")[1]) if value else -1
