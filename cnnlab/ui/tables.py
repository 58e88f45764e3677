"""Tables as Markdown: quick to make, and part of the page, so that they can be copied, searched and read aloud."""

from __future__ import annotations

import streamlit as st

from cnnlab.network.shapes import Row, summarize, written
from cnnlab.network.spec import NetworkSpec
from cnnlab.ui.text import _


def layer_table(network: NetworkSpec) -> None:
    """The table of `model.summary()`, and what it leaves out."""
    summary = summarize(network)
    head = (
        _("Layer (type)"),
        _("Output shape"),
        _("Parameters"),
        _("Of all"),
        _("Multiply-adds"),
        _("Receptive field"),
    )
    total = f"**{summary.parameters:,}**", "", f"**{summary.multiply_adds:,}**", ""
    lines = [head, ("---", "---", *["---:"] * 4)]
    lines += [_cells(row, max(summary.parameters, 1)) for row in summary.rows]
    lines.append((_("**Total**"), "", *total))
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _cells(row: Row, total: int) -> tuple[str, ...]:
    name = f"{row.name} ({row.layer.kind})".replace("_", r"\_")
    if row.output_shape is None:
        return name, "?", "", "", "", ""
    field = written(row.receptive_field.size) if row.receptive_field else ""
    share = f"{row.parameters / total:.1%}"
    shape = str((None, *row.output_shape)).replace(" ", "\N{NO-BREAK SPACE}")
    return name, shape, f"{row.parameters:,}", share, f"{row.multiply_adds.value:,}", field
