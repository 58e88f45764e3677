"""Tables as Markdown: quick to make, and part of the page, so that they can be copied, searched and read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from pydantic import BaseModel

from cnnlab.network.shapes import Row, summarize, written
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import choose, errors
from cnnlab.ui.text import _, translate


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> None:
    """A table of Markdown texts, whose first `words` columns are set to the left and the others, numbers, to the
    right."""
    lines = [head, ["---" if column < words else "---:" for column in range(len(head))], *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def layer_table(network: NetworkSpec) -> None:
    """The table of `model.summary()`, and what it leaves out."""
    summary = summarize(network)
    head = (
        _("Layer (type)"),
        _("Output shape"),
        _("Parameters"),
        _("Of the total"),
        _("Multiply-adds"),
        _("Receptive field"),
    )
    total = f"**{summary.parameters:,}**", "", f"**{summary.multiply_adds:,}**", ""
    rows = [_cells(row, max(summary.parameters, 1)) for row in summary.rows]
    table(head, [*rows, (_("**Total**"), "", *total)], words=2)
    st.caption(_("Multiply-adds: for one image. Receptive field: the pixels of the input that one value comes from."))


def settings_table(training: TrainingSpec) -> None:
    """Every setting with its value and what it is for, by group; those that are not the default are bold."""
    grouped = {name for names in choose.GROUPS.values() for name in names}
    others = [name for name in TrainingSpec.model_fields if name not in grouped and name != "version"]
    rows = _settings(training, others)
    for title, names in choose.GROUPS.items():
        rows += [(f"**{translate(title)}**", ""), *_settings(training, names)]
    table((_("Setting"), _("What it is")), rows, words=2)
    st.caption(_("Bold: other than the default. –: left empty."))


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
        rows.append((f"`{name}` {shown}", translate(info.description or "")))
    return rows


def _cells(row: Row, total: int) -> tuple[str, ...]:
    name = f"{row.name} ({row.layer.kind})".replace("_", r"\_")
    if row.output_shape is None:
        return name, "?", "", "", "", ""
    field = written(row.receptive_field.size) if row.receptive_field else ""
    share = f"{row.parameters / total:.1%}"
    shape = str((None, *row.output_shape)).replace(" ", "\N{NO-BREAK SPACE}")
    return name, shape, f"{row.parameters:,}", share, f"{row.multiply_adds.value:,}", field
