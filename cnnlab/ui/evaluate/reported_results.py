"""The Reported results tab: the results that a recipe's source reports, next to those of this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnnlab.evaluation.reported_results import changed_settings, compare_figures
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.components import forms
from cnnlab.ui.components.table import table
from cnnlab.ui.lab import lab
from cnnlab.ui.text import _, translate

if TYPE_CHECKING:
    from cnnlab.ui.evaluate.evaluated import EvaluatedRun


def body(evaluated: EvaluatedRun) -> None:
    """Draw the table of results and list the settings that differ."""
    run = evaluated.run
    name = next((name for name, recipe in RECIPES.items() if recipe.network.layers == run.network.layers), None)
    if name is None:
        st.info(_("This network matches no recipe, so there are no published results to compare with."))
        return
    recipe = RECIPES[name]
    history = lab().runs.history(run.id)
    rows = compare_figures(recipe.reported, history, evaluated.found if evaluated.which == "test" else None)
    if not rows:
        st.info(_("The source of this recipe reports no results."))
        return
    st.markdown(
        _("**{title}** as reported in: {source}", title=translate(recipe.title), source=translate(recipe.source))
    )
    table(
        (_("Result"), _("Reported"), _("This run"), _("Difference")),
        [
            (translate(row.title), row.formatted(row.reported), row.formatted(row.actual), row.difference)
            for row in rows
        ],
        words=1,
    )
    changed = changed_settings(recipe.training, run.training)
    if changed:
        st.caption(_("These settings differ from the source’s, so the results may differ, too:"))
        titled = [(forms.title(TrainingSpec, field), reported, ours) for field, reported, ours in changed]
        st.markdown("\n".join(f"- {title}: {reported} → {ours}" for title, reported, ours in titled))
    else:
        st.caption(_("The settings match those of the source."))
