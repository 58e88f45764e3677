"""A Pydantic model -> widgets -> a Pydantic model. Ranges, choices and help come from the model's fields."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cnnlab.datasets import DATASETS
from cnnlab.network.layers import Conv2D
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import transplant
from cnnlab.ui.text import _, translate

Model = TypeVar("Model", bound=BaseModel)

WIDTH = 150
WIDE = 2 * WIDTH + 16
"""Pixels; wide fields are as wide as two with the gap between them, so that fields stand in columns."""
LONG = 14
LONG_NAME = 15
"""Characters of an option, and of a toggle's name, that fit."""
PAIR_WIDTH = 86


def edit(
    model: Model, names: Iterable[str], key: str, idle: Callable[[Model, str], bool] = lambda model, name: False
) -> Model:
    """Draw the named fields of `model` and return a copy with what the reader entered.

    Args:
        key: names these widgets; with another key they begin anew from `model`.
        idle: whether a field of the model, with what has been entered in the fields before it, does nothing: it is
            shown as switched off.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values: dict[str, Any] = {}
        for name in names:
            values[name] = field(model, name, key, idle(model.model_copy(update=values), name))
    return type(model).model_validate({**dict(model), **values})


def field(model: BaseModel, name: str, key: str, disabled: bool = False) -> Any:
    """Draw one field and return its value; its label is the field's own name, as Keras spells it. A field that is a
    model itself is drawn as its fields."""
    info = type(model).model_fields[name]
    kind, optional, low, high = _plan(type(model), name)
    value = getattr(model, name)
    common: dict[str, Any] = {
        "help": translate(info.description or ""),
        "key": f"{key}.{name}",
        "disabled": disabled,
    }
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        width = WIDTH if max(map(len, options)) <= LONG else WIDE
        return st.selectbox(name, options, index=options.index(value), width=width, **common)
    if kind is bool:
        return st.toggle(name, value=value, width=WIDTH if len(name) <= LONG_NAME else WIDE, **common)
    if kind is str:
        return st.text_input(name, value=value, max_chars=high, width=WIDTH, **common)
    if isinstance(value, BaseModel) or get_origin(kind) is tuple:
        return _several(model, name, (low, high), common)
    if value is not None:
        # A link or file can hold what is finer than a widget offers: it is shown as it is.
        low, high = (min(low, value) if low is not None else None), (max(high, value) if high is not None else None)
    step = 1 if kind is int else 10.0 ** _exponent(value)
    return st.number_input(
        name,
        value=value,
        min_value=low,
        max_value=high,
        step=step,
        format="%d" if kind is int else "%g",
        placeholder=_("all") if optional else None,
        width=WIDTH,
        **common,
    )


@functools.cache
def _plan(model: type[BaseModel], name: str) -> tuple[Any, bool, Any, Any]:
    """A field's plain type, whether it may be empty, and its least and greatest value (of a text: its length); worked
    out once."""
    info = model.model_fields[name]
    kind, optional, bounds = _unwrapped(info.annotation, info.metadata)
    if get_origin(kind) is tuple:
        return kind, optional, *_range(_unwrapped(get_args(kind)[0])[2], int)
    return kind, optional, *_range(bounds, kind)


def _several(model: BaseModel, name: str, ends: tuple[Any, Any], common: dict[str, Any]) -> Any:
    """A field that holds several values."""
    value = getattr(model, name)
    if isinstance(value, BaseModel):
        return edit(value, type(value).model_fields, common["key"])
    if isinstance(model, Conv2D) and name == "kernels":
        return transplant.choose(model, name, common)
    if isinstance(model, TrainingSpec) and name == "classes":
        return _classes(model, name, common)
    return _pair(name, value, ends, common)


def _classes(training: TrainingSpec, label: str, common: dict[str, Any]) -> tuple[int, ...]:
    """Some of the dataset's classes, by their names. A class that a link or file made up is shown as it is."""
    names = DATASETS[training.dataset].class_names
    known = range(len(names))
    chosen = st.multiselect(
        label,
        [*known, *(one for one in dict.fromkeys(training.classes) if one not in known)],
        default=list(dict.fromkeys(training.classes)),
        format_func=lambda one: translate(names[one]) if one in known else str(one),
        placeholder=_("all"),
        width=WIDE,
        **common,
    )
    return tuple(sorted(chosen))


def _pair(
    name: str, value: tuple[int, int] | None, ends: tuple[int, int], common: dict[str, Any]
) -> tuple[int, int] | None:
    """Height and width in two narrow boxes; one that is left empty follows the other."""
    low, high = ends
    key = common.pop("key")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", width="content", wrap=False):
        height, width = (
            st.number_input(
                label,
                value=value[axis] if value else None,
                min_value=low,
                max_value=high,
                step=1,
                width=PAIR_WIDTH,
                key=f"{key}.{axis}",
                label_visibility="visible" if axis == 0 else "hidden",
                **(common if axis == 0 else {}),
            )
            for axis, label in enumerate((name, _("{name}, width", name=name)))
        )
    both = [side for side in (height, width) if side is not None]
    return (both[0], both[-1]) if both else None


def _unwrapped(annotation: Any, metadata: Iterable[Any] = ()) -> tuple[Any, bool, list[Any]]:
    """What is inside `Annotated` and `| None`: the plain type, whether None is allowed, and the bounds."""
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
    """The least and the greatest value that the widget offers. Open ends are moved in by a millionth."""
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
    """The power of ten of a number's first digit: a step that suits 0.001 as well as 0.5."""
    return int(f"{value:e}".split("e")[1]) if value else -1
