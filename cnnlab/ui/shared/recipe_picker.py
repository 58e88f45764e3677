"""Select what to train: a recipe or a saved network, and a dataset."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import DATASETS, DatasetInfo
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import format_shape
from cnnlab.training import drawings_file
from cnnlab.training.fast_preset import fast
from cnnlab.training.recipes import RECIPES, for_dataset
from cnnlab.ui import errors
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.shared import datasets
from cnnlab.ui.shared.training_settings import matching_preset, presets
from cnnlab.ui.text import _, n_, translate


def recipe_and_dataset() -> None:
    """Draw the choice of recipe and dataset. A new recipe comes with its own settings."""
    me = session()
    options: list[str | None] = [*([] if me.recipe else [None]), *RECIPES]
    chosen = st.selectbox(
        _("Network"),
        options,
        index=options.index(me.recipe),
        format_func=lambda name: recipe_title(name) if name else _("Custom: {name}", name=me.network.name or "–"),
        key=f"recipe-{me.edition}",
        width=280,
    )
    if chosen and chosen != me.recipe:
        apply_recipe(chosen)
        st.rerun()
    dataset()


def recipe_title(name: str) -> str:
    """Return a recipe's title and name."""
    return f"{translate(RECIPES[name].title)} ({name})"


def dataset() -> None:
    """Draw the choice of dataset. A new dataset keeps the settings and changes the network's input shape."""
    me = session()
    current = datasets.chosen()
    # An image set that this Lab does not have comes last.
    infos = {**lab().datasets.all(), current.name: current}
    names = datasets.titles(infos.values())
    chosen = st.selectbox(
        _("Data"),
        list(names),
        index=list(names).index(current.name),
        format_func=names.__getitem__,
        help=translate(current.description) or _sizes(current),
        key=f"dataset-{me.edition}",
        width=220,
    )
    if chosen != me.training.dataset:
        shape = infos[chosen].input_shape
        training = for_dataset(me.training, infos[chosen])
        if not drawings_file.accepts_drawings(chosen):
            training = training.replace(drawings="")
        # Selected classes are indices into the old dataset's classes.
        me.design(me.network.replace(input_shape=shape), training.replace(classes=()))
        st.rerun()


def _sizes(info: DatasetInfo) -> str:
    """Return the size of an image set's images, and how many there are."""
    shape, images = format_shape(info.input_shape), info.train_size + info.test_size
    return n_("{count:,} image of {shape} pixels.", "{count:,} images of {shape} pixels.", count=images, shape=shape)


def apply_recipe(name: str) -> None:
    """Use a recipe on its own dataset if available, or else on the built-in digits.

    Its settings become those of the Fast preset, unless the current ones are those of the current recipe as published.
    """
    recipe, as_published = RECIPES[name], matching_preset(presets()) == "notes"
    preferred = recipe.training.dataset
    fits = recipe.network.input_shape == DATASETS["mnist-5k"].input_shape
    dataset = preferred if lab().datasets.available(preferred) or not fits else "mnist-5k"
    training = for_dataset(recipe.training, dataset)
    session().design(recipe.network, training if as_published else fast(recipe.network, training))


def start_from() -> None:
    """Draw the menu that starts a design: an empty network, a saved one, or a recipe."""
    me = session()
    saved = {f"saved:{name}": name for name in lab().networks.names()}
    chosen = st.menu_button(
        _("Start from"),
        ["", *saved, *RECIPES],
        format_func=lambda name: _("Empty network") if not name else saved.get(name) or recipe_title(name),
        icon=":material/note_add:",
        key="start-from",
    )
    if chosen is None:
        return
    with errors.shown():
        if chosen in saved:
            me.design(*lab().networks.get(saved[chosen]))
        elif chosen:
            apply_recipe(chosen)
        else:
            me.design(NetworkSpec(input_shape=datasets.chosen().input_shape))
        st.rerun()
