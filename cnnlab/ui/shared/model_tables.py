"""Tables of a network's layers and of training settings."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from pydantic import BaseModel

from cnnlab.network.summary import Row, Summary, format_shape
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.components.table import table
from cnnlab.ui.shared import training_settings
from cnnlab.ui.text import _, translate


def layer_table(summary: Summary) -> None:
    """Draw the table of `model.summary()`, with compute and receptive fields."""
    head = (
        _("Layer (type)"),
        _("Output shape"),
        _("Parameters"),
        _("Share of total"),
        _("Multiply-adds"),
        _("Receptive field"),
    )
    total = f"**{summary.parameters:,}**", "", f"**{summary.multiply_adds:,}**", ""
    rows = [_cells(row, max(summary.parameters, 1)) for row in summary.rows]
    table(head, [*rows, (_("**Total**"), "", *total)], words=2)
    st.caption(_("Multiply-adds: per image. Receptive field: the input pixels that one output value depends on."))


def settings_table(training: TrainingSpec) -> None:
    """Draw all settings by group, with values and descriptions. Changed ones are bold."""
    grouped = {name for names in training_settings.GROUPS.values() for name in names}
    others = [name for name in TrainingSpec.model_fields if name not in grouped and name != "version"]
    rows = _settings(training, others)
    for title, names in training_settings.GROUPS.items():
        rows += [(f"**{translate(title)}**", ""), *_settings(training, names)]
    table((_("Setting"), _("Description")), rows, words=2)
    st.caption(_("Bold: changed from the default. –: not set."))


def _settings(model: BaseModel, names: Iterable[str]) -> list[tuple[str, ...]]:
    rows = []
    for name in names:
        value, info = getattr(model, name), type(model).model_fields[name]
        if isinstance(value, BaseModel):
            rows += _settings(value, type(value).model_fields)
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else errors.plain(str(value))
        shown = "–" if value in (None, "", ()) else shown
        shown = shown if value == info.default else f"**{shown}**"
        rows.append((f"{forms.title(type(model), name)}: {shown}", forms.about(type(model), name)))
    return rows


def _cells(row: Row, total: int) -> tuple[str, ...]:
    name = f"{row.name} ({row.layer.kind})".replace("_", r"\_")
    if row.output_shape is None:
        return name, "?", "", "", "", ""
    field = format_shape(row.receptive_field.size) if row.receptive_field else ""
    share = f"{row.parameters / total:.1%}"
    shape = str((None, *row.output_shape)).replace(" ", "\N{NO-BREAK SPACE}")
    return name, shape, f"{row.parameters:,}", share, f"{row.multiply_adds.value:,}", field
