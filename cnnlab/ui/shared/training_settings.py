"""The form for the training settings, its groups and presets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cnnlab.datasets import DatasetInfo
from cnnlab.figures.schedule import schedule_data, schedule_figure
from cnnlab.i18n.marks import N_
from cnnlab.training import drawings_file
from cnnlab.training.class_weights import CLEAR_RATIO, imbalance
from cnnlab.training.fast_preset import FIELDS, fast
from cnnlab.training.recipes import RECIPES, for_dataset
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import check_classes
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.forms import WIDE
from cnnlab.ui.components.fragments import has_been_open, when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.shared import augmentation_preview, datasets
from cnnlab.ui.text import _, translate

MAIN_FIELDS = ("epochs", "batch_size")
"""Settings that are always visible."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    N_("Data"): ("train_size", "validation", "validation_split", "random_state", "class_weights"),
    N_("Data experiments"): ("classes", "label_noise"),
    N_("Augmentation"): ("augmentation",),
    N_("Optimization"): ("optimizer", "learning_rate", "momentum", "weight_decay", "loss", "seed"),
    N_("Learning-rate schedule"): ("schedule", "decay_rate", "decay_epochs", "warmup_epochs"),
    N_("Reduce on plateau"): ("reduce_on_plateau", "plateau_factor", "plateau_patience"),
    N_("Stopping and snapshots"): ("early_stopping", "patience", "restore_best_weights", "save_best", "snapshots"),
    N_("Performance"): ("precision", "steps_per_execution", "watch"),
}
"""The other training settings, by heading."""


def preset() -> None:
    """Draw the choice of preset; none is selected once the user has changed the settings."""
    me = session()
    options = presets()
    current = matching_preset(options)
    names = {"fast": _("Fast"), "notes": _("As published")}
    chosen = st.segmented_control(
        _("Preset"),
        list(options),
        default=current,
        format_func=names.__getitem__,
        key=f"pace-{me.edition}-{current}",
        help=_(
            "Fast: larger batches, a cosine learning-rate schedule, fewer epochs, and bfloat16 where "
            "the CPU supports it."
        ),
    )
    if chosen and chosen != current:
        me.design(me.network, me.training.replace(**{field: getattr(options[chosen], field) for field in FIELDS}))
        st.rerun()


def presets() -> dict[str, TrainingSpec]:
    """Return the presets for the current network and data: Fast, and for a recipe its published settings."""
    me, dataset = session(), datasets.chosen()
    if me.recipe is None:
        return {"fast": fast(me.network, me.training, dataset)}
    published = for_dataset(RECIPES[me.recipe].training, dataset)
    return {"fast": fast(me.network, published, dataset), "notes": published}


def matching_preset(options: Mapping[str, TrainingSpec]) -> str | None:
    """Return the preset that the current settings equal, if any."""
    training = session().training
    return next(
        (name for name, spec in options.items() if all(getattr(spec, one) == getattr(training, one) for one in FIELDS)),
        None,
    )


def settings() -> None:
    """Draw the training settings, the less common ones behind a button."""
    me = session()
    key = f"training-{me.edition}"
    preset()
    training = me.training
    training = training.replace(**{name: forms.field(training, name, key) for name in MAIN_FIELDS})
    more = when_open(
        st.popover,
        _("More settings"),
        "more-settings",
        lambda: more_settings(training, key),
        form=key,
        icon=":material/tune:",
    )
    me.training = more or training


def more_settings(training: TrainingSpec, key: str) -> TrainingSpec:
    """Draw the other settings by group, with augmented samples and the schedule. Return the new settings."""
    for title, names in GROUPS.items():
        if "reduce_on_plateau" in names and training.schedule != "constant":
            continue
        if "augmentation" in names:
            training = _augmentation(training, title, key)
            continue
        st.markdown(f"**{translate(title)}**")
        training = forms.edit(training, names, key, _idle, WIDGETS)
        if "train_size" in names and drawings_file.accepts_drawings(training.dataset):
            training = training.replace(drawings=_drawings(training.drawings, key))
        if "class_weights" in names:
            _say_data(training)
        if "classes" in names:
            with errors.shown():
                check_classes(training, len(datasets.chosen().class_names))
        if "schedule" in names:
            figure = schedule_figure(schedule_data(training), translate)
            live_charts([Chart(figure, _("Learning rate over the course of training."))], key="schedule")
    return training


def _say_data(training: TrainingSpec) -> None:
    """Say what is special about the images of an image set: its own division, and classes of very different sizes."""
    info = datasets.chosen()
    if info.validation_size and training.validation == "split":
        st.caption(_("This image set keeps {count:,} of its images for validation.", count=info.validation_size))
    if said := imbalance_note(info, training):
        st.caption(said)


def imbalance_note(info: DatasetInfo, training: TrainingSpec) -> str:
    """Return that the classes have very different numbers of training images, and what helps; "" if they do not."""
    counts = {label: counts[0] for label, counts in enumerate(info.counts) if counts[0]}
    used = {label: count for label, count in counts.items() if not training.classes or label in training.classes}
    if not used or imbalance(list(used.values())) < CLEAR_RATIO:
        return ""
    few, many = min(used, key=used.__getitem__), max(used, key=used.__getitem__)
    said = _(
        "Imbalanced classes: {many} has {ratio:.1f} times as many training images as {few}.",
        many=errors.plain(translate(info.class_names[many])),
        few=errors.plain(translate(info.class_names[few])),
        ratio=used[many] / used[few],
    )
    if training.class_weights == "balanced":
        return said
    helps = _("Balanced class weights (More settings) make the network attend to the rare ones.")
    return f"{said} {helps}"


def _idle(training: TrainingSpec, name: str) -> bool:
    """Return whether a setting has no effect, given the others."""
    decays = training.schedule in ("step", "exponential")
    # An image set has validation images of its own.
    split = training.validation == "split" and not datasets.chosen().validation_size
    used = {
        **{"validation_split": split, "random_state": split},
        **{argument: argument in training.optimizer_arguments for argument in ("momentum", "weight_decay")},
        **{"decay_rate": decays, "decay_epochs": decays, "warmup_epochs": training.schedule == "cosine"},
        **{"plateau_factor": training.reduce_on_plateau, "plateau_patience": training.reduce_on_plateau},
        "patience": training.early_stopping,
    }
    return not used.get(name, True)


def _augmentation(training: TrainingSpec, title: str, key: str) -> TrainingSpec:
    """Draw the augmentation settings in an expander, with samples above."""
    with st.expander(f"**{translate(title)}**", key="augmentation", on_change="rerun") as opened:
        samples = st.container()
        if has_been_open(opened, f"{key}.augmentation"):
            training = forms.edit(training, ("augmentation",), key)
        if opened.open:
            with samples:
                augmentation_preview.preview(training)
    return training


def _drawings(chosen: str, key: str) -> str:
    """Draw the choice of a collection of drawings to add to the training data, if there is any."""
    names = dict.fromkeys([name for name, _count in lab().drawings.collections()] + [chosen] * bool(chosen))
    if not names:
        return ""
    return st.selectbox(
        forms.title(TrainingSpec, "drawings"),
        ["", *names],
        index=["", *names].index(chosen),
        format_func=lambda name: name or _("none"),
        help=forms.about(TrainingSpec, "drawings"),
        key=f"{key}.drawings",
        width=300,
    )


def _classes(training: TrainingSpec, label: str, common: dict[str, Any]) -> tuple[int, ...]:
    """Draw the choice of the dataset's classes. An unknown class from a link or file is shown unchanged."""
    names = (lab().datasets.find(training.dataset) or datasets.chosen()).class_names
    known = range(len(names))
    chosen = st.multiselect(
        label,
        [*known, *(one for one in dict.fromkeys(training.classes) if one not in known)],
        default=list(dict.fromkeys(training.classes)),
        format_func=lambda one: translate(names[one]) if one in known else str(one),
        placeholder=_("all"),
        width=WIDE,
        **common,
    )
    return tuple(sorted(chosen))


WIDGETS: forms.Widgets = {"classes": _classes}
