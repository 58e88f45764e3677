"""Export of a run: choose a format, prepare the file, download it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import streamlit as st

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.evaluation.not_finite import NotFiniteError
from cnnlab.export.formats import MODEL_FORMATS, File
from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.runs.state import RunsState
from cnnlab.ui.session import state
from cnnlab.ui.text import _, language, translate


def export_menu(run: Run) -> None:
    """Draw the export popover. A file is prepared only on request, since that can take a while."""
    when_open(st.popover, _("Export"), f"take-{run.id}", lambda: _formats_menu(run), icon=":material/download:")


@errors.shown()
def _formats_menu(run: Run) -> None:
    if problem := lab().exports.problem(run):
        errors.show(problem)
    formats = _formats(run)
    titles = {
        **{name: translate(model.title) for name, model in MODEL_FORMATS.items()},
        "report": _("One-page report (.html)"),
        "csv": _("Training history (.csv)"),
        "tensorboard": _("TensorBoard logs (.zip)"),
        "json": _("Network (.json)"),
        "script": _("Keras script (.py)"),
        "notebook": _("Notebook (.ipynb)"),
        "start": _("Weights that the script starts with (.npz)"),
        "run": _("Complete run, for another CNN Lab (.zip)"),
    }
    chosen = st.selectbox(_("Format"), list(formats), format_func=titles.__getitem__, key=f"take-form-{run.id}")
    if pressed(st.button, _("Prepare file"), icon=":material/settings:", key=f"take-make-{run.id}"):
        with st.spinner(_("Preparing the file …"), show_time=True):
            state(RunsState).exported = run.id, chosen, formats[chosen]()
    exported = state(RunsState).exported
    if exported and exported[:2] == (run.id, chosen):
        file = exported[2]
        st.download_button(
            _("Download {file}", file=errors.plain(file.name)), file.content, file.name, icon=":material/download:",
            type="primary", on_click="ignore", key=f"take-save-{run.id}-{chosen}",
        )  # fmt: skip


def _formats(run: Run) -> dict[str, Callable[[], File]]:
    """Return what prepares each file that the run can be exported to; models only once there are weights."""
    exports = lab().exports

    def model(name: str) -> Callable[[], File]:
        return lambda: exports.model_file(run, name)

    models = {name: model(name) for name in MODEL_FORMATS} if lab().snapshots.any(run.id) else {}
    return {
        **models,
        "report": lambda: exports.report(
            run, evaluation=_validation(run), translate=translate, language=language()
        ),
        "csv": lambda: exports.history_csv(run),
        "tensorboard": lambda: exports.tensorboard(run),
        "json": lambda: exports.network_json(run),
        "script": lambda: exports.script(run, translate),
        "notebook": lambda: exports.notebook(run, translate),
        **({"start": lambda: exports.start_weights(run)} if run.network.start else {}),
        "run": lambda: exports.run_zip(run),
    }  # fmt: skip


def _validation(run: Run) -> Evaluation | None:
    """Return the evaluation on the validation images for the report; None without weights that predict anything."""
    if not lab().snapshots.any(run.id):
        return None
    with contextlib.suppress(NotFiniteError):
        return lab().evaluation.evaluate(run, lab().snapshots.final(run.id), "validation")
    return None
