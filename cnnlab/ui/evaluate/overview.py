"""The Overview tab: accuracy, calibration, and precision and recall per class."""

from __future__ import annotations

import streamlit as st

from cnnlab.evaluation.agreement import difference
from cnnlab.evaluation.metrics import Evaluation
from cnnlab.figures.reliability import reliability_data, reliability_figure
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.table import table
from cnnlab.ui.evaluate.evaluated import EvaluatedRun
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import outputs
from cnnlab.ui.text import _, translate


def body(evaluated: EvaluatedRun) -> None:
    """Draw the results for all images together and per class."""
    found = evaluated.found
    left, right = st.columns([3, 2], gap="large")
    with left:
        _figures(found)
        _agreement(evaluated)
    with right:
        figures = found.per_class
        lines = [
            (errors.plain(name), f"{precision:.1%}", f"{recall:.1%}", f"{count:,}")
            for name, precision, recall, count in zip(
                evaluated.classes, figures.precision, figures.recall, figures.support, strict=True
            )
        ]
        table((_("Class"), _("Precision"), _("Recall"), _("Images")), lines, words=1)
        st.caption(
            _(
                "Precision: share of predictions of this class that are correct. Recall: share of images "
                "of this class that are found."
            )
        )


def _figures(found: Evaluation) -> None:
    """Draw the figures for all images, and the reliability diagram if the outputs are probabilities."""
    mistakes = int((found.predictions != found.labels).sum())
    numbers = [
        (_("Accuracy"), f"{found.accuracy:.2%}"),
        (_("Loss"), f"{found.loss:.4f}"),
        (_("Images"), f"{len(found.labels):,}"),
        (_("Mistakes"), f"{mistakes:,}"),
    ]
    if found.kind != "probabilities":
        live_charts([], key="evaluate-reliability", numbers=[*numbers, (_("Calibration error"), "–")])
        outputs.note(found.kind)
        st.caption(_("There is no calibration to measure. The loss is the one that training minimizes."))
        return
    numbers.append((_("Calibration error"), f"{found.reliability.error:.2%}"))
    alt = _("Reliability diagram: accuracy at each confidence level.")
    chart = Chart(reliability_figure(reliability_data(found.reliability), translate), alt)
    live_charts([chart], key="evaluate-reliability", numbers=numbers)
    st.caption(
        _(
            "Bars below the diagonal mean overconfidence; numbers above them are counts. Calibration "
            "error is the average gap to the diagonal, weighted by count."
        )
    )


def _agreement(evaluated: EvaluatedRun) -> None:
    """Say why the figures differ from those that training reported for the same images, if they do."""
    run = evaluated.run
    if evaluated.which != {"split": "validation", "test": "test"}[run.training.validation]:
        return
    if evaluated.which == "test" and lab().test_sets.dataset(run) != run.training.dataset:
        return
    differs = difference(evaluated.found, lab().runs.history(run.id), evaluated.moment, lab().control.external(run.id))
    if differs is None:
        return
    text = _(
        "After epoch {epoch}, training reported a validation loss of {loss:.4f} and an accuracy of {accuracy:.2%}.",
        epoch=differs.reported.epoch,
        loss=differs.reported.val_loss,
        accuracy=differs.reported.val_accuracy,
    )
    st.caption(f"{text} {translate(differs.reason)}")
