"""Taking a run away in a format of the reader's choice, and bringing runs and models in."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.evaluation import Evaluation
from cnnlab.runs.record import Run
from cnnlab.taking import MODELS, File
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _, language, translate


def take_away(run: Run) -> None:
    """A format, and the button that saves the file; it is made when it is asked for, since that can take a while."""
    with st.popover(_("Take away"), icon=":material/download:", key=f"take-{run.id}", on_change="rerun") as opened:
        if not opened.open:
            return
        forms = _forms(run)
        titles = {
            **{form: translate(known.title) for form, known in MODELS.items()},
            "report": _("Report on one page (.html)"),
            "csv": _("History as a table (.csv)"),
            "tensorboard": _("TensorBoard logs (.zip)"),
            "json": _("The network (.json)"),
            "script": _("Keras script (.py)"),
            "notebook": _("Notebook (.ipynb)"),
            "run": _("The whole run, for another Lab (.zip)"),
        }
        form = st.selectbox(_("Format"), list(forms), format_func=titles.__getitem__, key=f"take-form-{run.id}")
        if st.button(_("Make the file"), icon=":material/settings:", key=f"take-make-{run.id}"):
            try:
                with st.spinner(_("Making the file …"), show_time=True):
                    session().taken = run.id, form, forms[form]()
            except CNNLabError as error:
                errors.show(error)
                return
        made = session().taken
        if made and made[:2] == (run.id, form):
            file = made[2]
            st.download_button(
                _("Save {file}", file=errors.plain(file.name)), file.content, file.name, icon=":material/download:",
                type="primary", on_click="ignore", key=f"take-save-{run.id}-{form}",
            )  # fmt: skip


def _forms(run: Run) -> dict[str, Callable[[], File]]:
    """What can be taken away of the run: the models only once there are weights."""
    there = lab()

    def model(form: str) -> Callable[[], File]:
        return lambda: there.model_file(run, form)

    models = {form: model(form) for form in MODELS} if there.has_moments(run.id) else {}
    return {
        **models,
        "report": lambda: there.report(
            run, evaluation=_validation(run), translate=translate, language=language()
        ),
        "csv": lambda: there.history_csv(run),
        "tensorboard": lambda: there.tensorboard(run),
        "json": lambda: there.network_json(run),
        "script": lambda: there.script(run, translate),
        "notebook": lambda: there.notebook(run, translate),
        "run": lambda: there.run_zip(run),
    }  # fmt: skip


def _validation(run: Run) -> Evaluation | None:
    """The answers to the validation images, for the report's confusion matrix; None while there are no weights."""
    return lab().evaluate(run, lab().taken_moment(run.id), "validation") if lab().has_moments(run.id) else None


def bring_in() -> None:
    """Add a run that was taken away here or elsewhere, or a Keras model."""
    with st.expander(_("Bring in a run or a model"), icon=":material/upload:", key="bring-in"):
        given = st.file_uploader(
            _("A run that a Lab packed (.zip), or a Keras model (.keras)"), type=["zip", "keras"], key="bring-file"
        )
        if given is None:
            return
        try:
            if given.name.endswith(".keras"):
                suiting = lab().datasets_for(given.getvalue())
                dataset = st.selectbox(
                    _("It was trained on"), suiting, format_func=lambda name: translate(DATASETS[name].title),
                    key="bring-dataset", width=260,
                )  # fmt: skip
                if st.button(_("Bring it in"), icon=":material/upload:", type="primary", key="bring-keras"):
                    name = given.name.removesuffix(".keras")
                    _brought(lab().take_in_keras(given.getvalue(), name, session().who, dataset))
            elif st.button(_("Bring it in"), icon=":material/upload:", type="primary", key="bring-run"):
                _brought(lab().take_in_run(given.getvalue(), session().who))
        except CNNLabError as error:
            errors.show(error)


def _brought(run: str) -> None:
    session().run = run
    st.query_params["runs"] = run
    st.rerun()
