"""Choosing what to train: a recipe, a dataset, the settings; and seeing that the data are there."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import DATASETS, DatasetUnavailable, Progress, available
from cnnlab.errors import CNNLabError
from cnnlab.network.recipes import RECIPES, suited
from cnnlab.network.shapes import summarize, table
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.record import Run
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import errors, forms, live
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _, translate

MOST_RUNS = 100
"""The newest runs, to choose among."""

IN_SIGHT = ("epochs", "batch_size")
DATA = ("train_size", "validation", "validation_split", "random_state")
RULE = ("optimizer", "learning_rate", "momentum", "weight_decay", "loss", "seed")
ENDING = ("early_stopping", "patience", "restore_best_weights", "save_best")


def recipe_and_dataset() -> None:
    """The two selections. Another recipe brings its own settings; another dataset keeps them."""
    me = session()
    names = list(RECIPES)
    chosen = st.selectbox(
        _("Network"),
        names,
        index=names.index(me.recipe),
        format_func=lambda name: f"{translate(RECIPES[name].title)} ({name})",
        key=f"recipe-{me.edition}",
        width=320,
    )
    if chosen != me.recipe:
        take_recipe(chosen)
        st.rerun()
    datasets = list(DATASETS)
    dataset = st.selectbox(
        _("Data"),
        datasets,
        index=datasets.index(me.training.dataset),
        format_func=lambda name: translate(DATASETS[name].title),
        help=translate(DATASETS[me.training.dataset].description),
        key=f"dataset-{me.edition}",
        width=260,
    )
    if dataset != me.training.dataset:
        me.training = suited(RECIPES[me.recipe].training, dataset)
        me.edition += 1
        st.rerun()


def take_recipe(name: str) -> None:
    """Take a recipe, on its own dataset where that is at hand, else on the digits that come with the Lab."""
    me, recipe = session(), RECIPES[name]
    own = recipe.training.dataset
    fits = recipe.network.input_shape == DATASETS["mnist-5k"].input_shape
    dataset = own if available(own, lab().settings) or not fits else "mnist-5k"
    me.recipe, me.network, me.training = name, recipe.network, suited(recipe.training, dataset)
    me.edition += 1


def settings() -> None:
    """The settings in sight, and behind a button the others."""
    me = session()
    key = f"training-{me.edition}"
    training = me.training
    training = training.replace(**{name: forms.field(training, name, key) for name in IN_SIGHT})
    with st.popover(_("More settings"), icon=":material/tune:"):
        for title, names in ((_("Data"), DATA), (_("Learning"), RULE), (_("When to stop"), ENDING)):
            st.markdown(f"**{title}**")
            training = forms.edit(training, names, key)
    me.training = training


def summary(network: NetworkSpec) -> None:
    """The table that `model.summary()` prints."""
    rows = table(network)
    names = (_("Layer (type)"), _("Output shape"), _("Parameters"))
    st.dataframe([dict(zip(names, row, strict=True)) for row in rows], hide_index=True, width="stretch")
    st.caption(_("Total parameters: {parameters:,}", parameters=summarize(network).parameters))


def start(network: NetworkSpec, training: TrainingSpec) -> str | None:
    """Fetch the data where they are not at hand, start a run, and return its id; None where that cannot be."""
    try:
        _fetch(training.dataset)
        return lab().start(network, training, session().who)
    except DatasetUnavailable as error:
        errors.show(error)
        session().offer = error.offer
    except CNNLabError as error:
        errors.show(error)
    return None


def _fetch(dataset: str) -> None:
    if available(dataset, lab().settings):
        return
    with st.empty():
        bar = st.progress(0.0, text=_("Downloading {dataset} …", dataset=translate(DATASETS[dataset].title)))

        def show(progress: Progress) -> None:
            share = progress.received / progress.total if progress.total else 0.0
            bar.progress(
                min(share, 1.0),
                text=_("{file}: {received:.1f} MB of {total:.1f} MB", file=progress.file, received=progress.received / 1e6, total=(progress.total or 0) / 1e6),  # fmt: skip
            )

        lab().dataset(dataset, show)


def compared(run: Run) -> Run | None:
    """Choose another run to look at, or one to show beside it; returns the latter."""
    me = session()
    runs = {other.id: other for other in lab().runs()[:MOST_RUNS]}
    runs.setdefault(run.id, run)
    if len(runs) == 1:
        return None
    with st.container(horizontal=True):
        ids = list(runs)
        chosen = st.selectbox(_("Run"), ids, index=ids.index(run.id), format_func=lambda key: live.named(runs[key]), key=f"run-{run.id}")  # fmt: skip
        if chosen != run.id:
            me.run = st.query_params["run"] = chosen
            st.rerun()
        others = [other for other in ids if other != run.id]
        me.compared = st.selectbox(
            _("Compare with"),
            others,
            index=others.index(me.compared) if me.compared in others else None,
            format_func=lambda key: live.named(runs[key]),
            placeholder=_("no other run"),
            key=f"compared-{run.id}",
        )
    return runs.get(me.compared or "")
