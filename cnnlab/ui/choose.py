"""Choosing what to train: a recipe, a dataset, the settings; and seeing that the data are there."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnlab.datasets import DATASETS, DatasetUnavailable, Progress, available
from cnnlab.errors import CNNLabError, TrainingError
from cnnlab.figures.schedule import schedule_data, schedule_figure
from cnnlab.figures.style import to_json
from cnnlab.marks import N_
from cnnlab.network.recipes import RECIPES, suited
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import drawn
from cnnlab.training.fast import FIELDS, fast
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import check_classes
from cnnlab.ui import augment, errors, forms
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import has_been_open, session
from cnnlab.ui.text import _, translate

IN_SIGHT = ("epochs", "batch_size")
GROUPS: Mapping[str, tuple[str, ...]] = {
    N_("Data"): ("train_size", "validation", "validation_split", "random_state"),
    N_("Experiments with the data"): ("classes", "label_noise"),
    N_("Augmentation"): ("augmentation",),
    N_("Learning"): ("optimizer", "learning_rate", "momentum", "weight_decay", "loss", "seed"),
    N_("Learning rate over time"): ("schedule", "decay_rate", "decay_epochs", "warmup_epochs"),
    N_("When it gets no better"): ("reduce_on_plateau", "plateau_factor", "plateau_patience"),
    N_("When to stop"): ("early_stopping", "patience", "restore_best_weights", "save_best", "snapshots"),
    N_("Computing"): ("precision", "steps_per_execution", "watch"),
}
"""The training settings that are not in sight, by heading."""


def recipe_and_dataset() -> None:
    """The network and the data to train. Another recipe brings its own settings."""
    me = session()
    options: list[str | None] = [*([] if me.recipe else [None]), *RECIPES]
    chosen = st.selectbox(
        _("Network"),
        options,
        index=options.index(me.recipe),
        format_func=lambda name: recipe_title(name) if name else _("Your own: {name}", name=me.network.name or "–"),
        key=f"recipe-{me.edition}",
        width=280,
    )
    if chosen and chosen != me.recipe:
        take_recipe(chosen)
        st.rerun()
    dataset()


def recipe_title(name: str) -> str:
    """A recipe's title and name."""
    return f"{translate(RECIPES[name].title)} ({name})"


def dataset() -> None:
    """The data; another dataset keeps the settings, and gives the network its images' shape."""
    me = session()
    datasets = list(DATASETS)
    chosen = st.selectbox(
        _("Data"),
        datasets,
        index=datasets.index(me.training.dataset),
        format_func=lambda name: translate(DATASETS[name].title),
        help=translate(DATASETS[me.training.dataset].description),
        key=f"dataset-{me.edition}",
        width=220,
    )
    if chosen != me.training.dataset:
        shape = DATASETS[chosen].input_shape
        training = suited(me.training, chosen)
        if not drawn.suits(chosen):
            training = training.replace(drawings="")
        # Another set's classes are other things.
        me.design(me.network.replace(input_shape=shape), training.replace(classes=()))
        st.rerun()


def pace() -> None:
    """Fast settings, or those that the recipe came with; neither is marked where the reader has changed them."""
    me = session()
    ways = _ways()
    present = _way(ways)
    names = {"fast": _("Fast"), "notes": _("As in the source")}
    chosen = st.segmented_control(
        _("Pace"),
        list(ways),
        default=present,
        format_func=names.__getitem__,
        key=f"pace-{me.edition}-{present}",
        help=_("Fast: larger batches, a planned learning rate, fewer epochs, and bfloat16 where the processor has it."),
    )
    if chosen and chosen != present:
        me.design(me.network, me.training.replace(**{field: getattr(ways[chosen], field) for field in FIELDS}))
        st.rerun()


def _ways() -> dict[str, TrainingSpec]:
    """Fast, and for a recipe its own settings, for the present network and data."""
    me = session()
    if me.recipe is None:
        return {"fast": fast(me.network, me.training)}
    own = suited(RECIPES[me.recipe].training, me.training.dataset)
    return {"fast": fast(me.network, own), "notes": own}


def _way(ways: Mapping[str, TrainingSpec]) -> str | None:
    """Which of them the present settings are."""
    training = session().training
    return next(
        (way for way, spec in ways.items() if all(getattr(spec, one) == getattr(training, one) for one in FIELDS)),
        None,
    )


def take_recipe(name: str) -> None:
    """Take a recipe, on its own dataset where that is at hand, else on the digits that come with the Lab; with the Fast
    settings, unless those of the present recipe are its own."""
    recipe, own_settings = RECIPES[name], _way(_ways()) == "notes"
    own = recipe.training.dataset
    fits = recipe.network.input_shape == DATASETS["mnist-5k"].input_shape
    dataset = own if available(own, lab().settings) or not fits else "mnist-5k"
    training = suited(recipe.training, dataset)
    session().design(recipe.network, training if own_settings else fast(recipe.network, training))


def start_from() -> None:
    """Begin a design with nothing, a recipe, or a network kept in this Lab."""
    me = session()
    saved = {f"saved:{name}": name for name in lab().saved_networks()}
    chosen = st.menu_button(
        _("Start from"),
        ["", *saved, *RECIPES],
        format_func=lambda name: _("An empty network") if not name else saved.get(name) or recipe_title(name),
        icon=":material/note_add:",
        key="start-from",
    )
    if chosen is None:
        return
    if chosen in saved:
        try:
            me.design(*lab().saved_network(saved[chosen]))
        except CNNLabError as error:
            errors.show(error)
            return
    elif chosen:
        take_recipe(chosen)
    else:
        me.design(NetworkSpec(input_shape=DATASETS[me.training.dataset].input_shape))
    st.rerun()


def settings() -> None:
    """The settings in sight, and behind a button the others."""
    me = session()
    key = f"training-{me.edition}"
    pace()
    training = me.training
    training = training.replace(**{name: forms.field(training, name, key) for name in IN_SIGHT})
    with st.popover(_("More settings"), icon=":material/tune:", key="more-settings", on_change="rerun") as more:
        if has_been_open(more, key):
            training = others(training, key)
    me.training = training


def others(training: TrainingSpec, key: str) -> TrainingSpec:
    """The settings that are not in sight, by group, with what they lead to: samples, the learning rate over time."""
    for title, names in GROUPS.items():
        if "reduce_on_plateau" in names and training.schedule != "constant":
            continue
        if "augmentation" in names:
            training = _augmentation(training, title, key)
            continue
        st.markdown(f"**{translate(title)}**")
        training = forms.edit(training, names, key, _idle)
        if "train_size" in names and drawn.suits(training.dataset):
            training = training.replace(drawings=_drawings(training.drawings, key))
        if "classes" in names:
            _say_classes(training)
        if "schedule" in names:
            figure = schedule_figure(schedule_data(training), translate)
            live_charts([Chart(to_json(figure), _("The learning rate over the whole training."))], key="schedule")
    return training


def _idle(training: TrainingSpec, name: str) -> bool:
    """Whether a setting does nothing beside the others as they are."""
    falls, split = training.schedule in ("step", "exponential"), training.validation == "split"
    used = {
        **{"validation_split": split, "random_state": split},
        **{argument: argument in training.optimizer_arguments for argument in ("momentum", "weight_decay")},
        **{"decay_rate": falls, "decay_epochs": falls, "warmup_epochs": training.schedule == "cosine"},
        **{"plateau_factor": training.reduce_on_plateau, "plateau_patience": training.reduce_on_plateau},
        "patience": training.early_stopping,
    }
    return not used.get(name, True)


def _augmentation(training: TrainingSpec, title: str, key: str) -> TrainingSpec:
    """How pictures are changed, folded away, with samples above."""
    with st.expander(f"**{translate(title)}**", key="augmentation", on_change="rerun") as opened:
        samples = st.container()
        if has_been_open(opened, f"{key}.augmentation"):
            training = forms.edit(training, ("augmentation",), key)
        if opened.open:
            with samples:
                augment.preview(training)
    return training


def _say_classes(training: TrainingSpec) -> None:
    """Where the network cannot learn the chosen classes, why."""
    try:
        check_classes(training)
    except TrainingError as error:
        errors.show(error)


def _drawings(chosen: str, key: str) -> str:
    """The collection of drawings to learn from besides, where there is any."""
    names = dict.fromkeys([name for name, _count in lab().collections()] + [chosen] * bool(chosen))
    if not names:
        return ""
    return st.selectbox(
        "drawings",
        ["", *names],
        index=["", *names].index(chosen),
        format_func=lambda name: name or _("none"),
        help=translate(TrainingSpec.model_fields["drawings"].description or ""),
        key=f"{key}.drawings",
        width=300,
    )


def start(network: NetworkSpec, training: TrainingSpec) -> str | None:
    """Fetch the data where they are not at hand, start a run, and return its id; None where that cannot be."""
    try:
        # Before anything is downloaded.
        check_classes(training)
        fetch(training.dataset)
        return lab().start(network, training, session().who)
    except DatasetUnavailable as error:
        errors.show(error)
        session().offer = error.offer
    except CNNLabError as error:
        errors.show(error)
    return None


def fetch(dataset: str) -> None:
    """Download a dataset that is not at hand, with a bar; DatasetError where it cannot be had."""
    if available(dataset, lab().settings):
        return
    with st.empty():
        bar = st.progress(0.0, text=_("Downloading {dataset} …", dataset=translate(DATASETS[dataset].title)))

        def show(progress: Progress) -> None:
            share = progress.received / progress.total if progress.total else 0.0
            bar.progress(
                min(share, 1.0),
                text=_(
                    "{file}: {received:.1f} MB of {total:.1f} MB",
                    file=progress.file,
                    received=progress.received / 1e6,
                    total=(progress.total or 0) / 1e6,
                ),
            )

        lab().dataset(dataset, show)
