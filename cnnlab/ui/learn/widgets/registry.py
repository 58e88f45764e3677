"""The interactive widgets by name, and when a lesson shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from cnnlab.lessons.lesson import Lesson, Widget
from cnnlab.lessons.links import View
from cnnlab.ui.learn import progress
from cnnlab.ui.learn.widgets import (
    accuracy_by_shift,
    activation_curves,
    answer_grid,
    crossentropy,
    dropout,
    handmade_kernel,
    learned_kernels,
    neuron_weights,
    one_hot,
    one_prediction,
    pixel_values,
    pooling,
    sealed_test_set,
    shuffled_pixels,
    size_quiz,
)
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _, translate

WIDGETS: Mapping[str, Callable[[WidgetContext], None]] = MappingProxyType(
    {
        "activations": activation_curves.show,
        "answers": answer_grid.show,
        "crossentropy": crossentropy.show,
        "dropout": dropout.show,
        "handmade": handmade_kernel.show,
        "learned": learned_kernels.show,
        "neurons": neuron_weights.show,
        "onehot": one_hot.show,
        "pixels": pixel_values.show,
        "pooling": pooling.show_values,
        "prediction": one_prediction.show,
        "quiz": size_quiz.show,
        "seal": sealed_test_set.show,
        "shift": pooling.show_shift,
        "shifted": accuracy_by_shift.show,
        "shuffled": shuffled_pixels.show,
    }
)


def show(lesson: Lesson, block: Widget, view: View) -> None:
    """Draw a widget as a fragment, so that its controls rerun nothing else."""
    context = WidgetContext(lesson, block.part, {}, {})
    if block.of:
        experiment = lesson.experiment(block.of)
        titles = {setup.name: translate(setup.title) for setup in experiment.setups}
        context = context._replace(runs=progress.runs(lesson, experiment), titles=titles)
        ready = len(context.runs) == len(experiment.setups) and not any(run.active for run in context.runs.values())
        if not ready or not progress.may_see(lesson, experiment.question, view):
            st.caption(_("Run the experiment above to unlock this."))
            return
    with st.container(border=True, key=f"widget-{block.part}"):
        st.fragment(WIDGETS[block.name])(context)
