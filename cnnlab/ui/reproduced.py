"""Reproduced: the figures that the source of a recipe reports, beside this run's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnnlab.network.recipes import RECIPES
from cnnlab.reproducing import figures, settings_apart
from cnnlab.ui.frame import lab
from cnnlab.ui.text import _, translate

if TYPE_CHECKING:
    from cnnlab.ui.evaluate import Examined


def body(examined: Examined) -> None:
    """The table, and a sentence where the settings differ."""
    run = examined.run
    name = next((name for name, recipe in RECIPES.items() if recipe.network.layers == run.network.layers), None)
    if name is None:
        st.info(_("This network is none of the recipes, so there is nothing to hold it against."))
        return
    recipe = RECIPES[name]
    history = lab().history(run.id)
    rows = figures(recipe.reported, history, examined.found if examined.which == "test" else None)
    if not rows:
        st.info(_("The source of this recipe reports no figures."))
        return
    st.markdown(
        _("**{title}** as reported in: {source}", title=translate(recipe.title), source=translate(recipe.source))
    )
    lines = [_("| figure | reported | this run | difference |"), "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {translate(row.title)} | {row.written(row.reported)} | {row.written(row.ours)} | {row.apart} |"
        for row in rows
    ]
    st.markdown("\n".join(lines))
    apart = settings_apart(recipe.training, run.training)
    if apart:
        st.caption(_("These settings differ from the source’s, so the figures may too:"))
        st.markdown("\n".join(f"- `{field}`: {reported} → {ours}" for field, reported, ours in apart))
    else:
        st.caption(_("The settings are those of the source."))
