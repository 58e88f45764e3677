"""A Pydantic model -> widgets -> a Pydantic model. Ranges, choices and help come from the model's fields."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cnnlab.ui.text import _, translate

Model = TypeVar("Model", bound=BaseModel)

WIDTH = 170
"""Pixels; fields stand beside each other where there is room."""


def edit(model: Model, names: Iterable[str], key: str) -> Model:
    """Draw the named fields of `model` and return a copy with what the reader entered.

    Args:
        key: names these widgets; with another key they begin anew from `model`.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values = {name: field(model, name, key) for name in names}
    return type(model).model_validate({**dict(model), **values})


def field(model: BaseModel, name: str, key: str) -> Any:
    """Draw one field and return its value; its label is the field's own name, as Keras spells it."""
    info = type(model).model_fields[name]
    value = getattr(model, name)
    kind, optional = _kind(info.annotation)
    common: dict[str, Any] = {"help": translate(info.description or ""), "key": f"{key}.{name}"}
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        return st.selectbox(name, options, index=options.index(value), width=WIDTH, **common)
    if kind is bool:
        return st.toggle(name, value=value, width="content", **common)
    low, high = _range(info, kind)
    step = 1 if kind is int else 10 ** _exponent(value)
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


def _kind(annotation: Any) -> tuple[Any, bool]:
    """A field's type without None, and whether None is allowed."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0], True
    return annotation, False


def _range(info: FieldInfo, kind: type[int] | type[float]) -> tuple[Any, Any]:
    """The least and the greatest value that the widget offers. Open ends are moved in by a millionth of the scale."""
    low = high = None
    for bound in info.metadata:
        match bound:
            case annotated_types.Ge(ge=limit):
                low = kind(limit)  # type: ignore[call-overload]
            case annotated_types.Le(le=limit):
                high = kind(limit)  # type: ignore[call-overload]
            case annotated_types.Gt(gt=limit):
                low = limit + 1e-6  # type: ignore[operator]
            case annotated_types.Lt(lt=limit):
                high = limit - 1e-6  # type: ignore[operator]
    return low, high


def _exponent(value: float) -> int:
    """The power of ten of a number's first digit: a step that suits 0.001 as well as 0.5."""
    return int(f"{value:e}".split("e")[1]) if value else -1
