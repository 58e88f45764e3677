"""Start the network in Build from a trained one: choose it, lock and unlock layers, and see what that takes."""

from __future__ import annotations

import contextlib

import streamlit as st

from cnnlab.errors import NetworkError
from cnnlab.network import transfer
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import weighted
from cnnlab.network.summary import summarize
from cnnlab.network.transfer import Choice
from cnnlab.runs.origin import may_have_seen
from cnnlab.runs.run import Run
from cnnlab.training.few_images import image_count
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import Augmentation
from cnnlab.ui import errors
from cnnlab.ui.build.state import BuildState
from cnnlab.ui.components.fragments import pressed, redraw, when_open
from cnnlab.ui.components.table import table
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import datasets, moment_picker, run_labels
from cnnlab.ui.text import _, n_, translate


def choose() -> None:
    """Draw the popover that replaces the network by one that starts from a trained network."""
    when_open(
        st.popover, _("Start from trained network"), "trained", _choices, icon=":material/school:",
        help=_("Take the layers of a trained network, and add a new output layer for the classes of your data."),
    )  # fmt: skip


@errors.shown()
def _choices() -> None:
    info = datasets.chosen()
    runs = moment_picker.runs_with_weights()
    names = run_labels.names(runs.values())
    chosen = st.selectbox(_("Trained network"), list(runs), format_func=names.__getitem__, key="trained-run", width=420)
    run = runs[chosen]
    if transfer.most_taken(run.network, info.input_shape) < 1:
        errors.show(transfer.does_not_fit(run.network, info.input_shape))
        return
    moment = _moment(run)
    taken = _taken(run, info.input_shape)
    st.caption(
        n_(
            "These layers are frozen at first, and a new output layer with {count} unit learns your classes.",
            "These layers are frozen at first, and a new output layer with {count} units learns your classes.",
            count=len(info.class_names),
        )
    )
    if pressed(st.button, _("Start from it"), "trained-start", type="primary", icon=":material/lock:"):
        lab().snapshots.check_finite(run.id, moment)
        network = transfer.start_from(run.network, run.id, moment, info.input_shape, len(info.class_names), taken)
        _change(network)


def _moment(run: Run) -> Moment:
    moments = lab().snapshots.of(run.id)
    final = lab().snapshots.final(run.id)
    return st.selectbox(
        _("Snapshot"),
        moments,
        index=moments.index(final),
        format_func=moment_picker.name,
        key=f"trained-moment-{run.id}-{len(moments)}",
        width=420,
    )


def _taken(run: Run, shape: tuple[int, int, int]) -> int:
    """Draw the choice of the last layer to take, and return how many layers with weights that are."""
    most = transfer.most_taken(run.network, shape)
    return st.selectbox(
        _("Take its layers up to"),
        range(most, 0, -1),
        format_func=lambda count: _layer(run.network, weighted(run.network.layers)[count - 1]),
        help=_("The first layers find edges and strokes, which help with any images; later ones fit the old classes."),
        key=f"trained-taken-{run.id}-{most}",
        width=420,
    )


def _layer(network: NetworkSpec, index: int) -> str:
    return f"{index + 1} · {translate(network.layers[index].title)}"


def bar(network: NetworkSpec) -> None:
    """Draw what the network starts from, how far it is frozen and what that takes; nothing without a start."""
    _tell_what_was_lost(network)
    if network.start is None:
        return
    with st.container(border=True, key="trained-bar", gap="xsmall"):
        choices = transfer.choices(network, _images(), _augmented())
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.markdown(f":material/school: {_description(network)}", width="stretch")
            if pressed(st.button, _("From scratch"), "scratch", icon=":material/close:", type="tertiary",
                       help=_("Keep the layers, but start all of them with random weights.")):  # fmt: skip
                state(BuildState).started = None
                _change(network.replace(start=None))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _frozen(network, choices)
            if network.frozen and pressed(st.button, _("Train all layers"), "thaw", icon=":material/lock_open:"):
                _change(transfer.freeze(network, 0))
            when_open(st.popover, _("Compare"), "trained-compare", lambda: _table(network, choices),
                      icon=":material/table_rows:")  # fmt: skip
        st.caption(_cost(network, choices[len(network.frozen)]))
        _warn_of_seen_images(network)


def _warn_of_seen_images(network: NetworkSpec) -> None:
    assert network.start is not None
    with contextlib.suppress(NetworkError):
        if may_have_seen(lab().start_weights.run(network.start), session().training):
            st.caption(
                _(
                    ":material/warning: It may have been trained on some of your validation and test images, so the "
                    "accuracy on these may be higher than on new images."
                )
            )


def _description(network: NetworkSpec) -> str:
    assert network.start is not None
    try:
        run = run_labels.short(lab().start_weights.run(network.start))
    except NetworkError:
        # The page says so below the diagram.
        run = network.start.run
    moment = moment_picker.name(Moment(network.start.epoch, network.start.step))
    return n_(
        "{count} layer starts with the weights of **{run}** ({moment}).",
        "{count} layers start with the weights of **{run}** ({moment}).",
        count=network.start.taken,
        run=errors.plain(run),
        moment=moment,
    )


def _frozen(network: NetworkSpec, choices: list[Choice]) -> None:
    chosen = st.selectbox(
        _("Frozen up to"),
        choices[::-1],
        index=len(network.taken) - len(network.frozen),
        format_func=lambda choice: _name(network, choice),
        key=f"frozen-{session().edition}",
        width=230,
    )
    if chosen.frozen != len(network.frozen):
        _change(transfer.freeze(network, chosen.frozen))


def _name(network: NetworkSpec, choice: Choice) -> str:
    return _("no layer") if choice.last is None else _layer(network, choice.last)


def _cost(network: NetworkSpec, choice: Choice) -> str:
    """Return what training changes, and what it computes only once, in one or two sentences."""
    trained = _(
        "Training changes {trainable:,} of {all:,} parameters.",
        trainable=choice.trainable,
        all=choice.trainable + choice.unchanged,
    )
    if not choice.frozen:
        more = _("It can fit the new images best, but needs the most images and time.")
        return f"{trained} {more}"
    if choice.once:
        share = choice.once / (choice.once + choice.every_epoch)
        layers = transfer.unchanging(network)
        once = n_(
            "The first {count} layer is computed only once for each image: {share:.0%} of the forward pass.",
            "The first {count} layers are computed only once for each image: {share:.0%} of the forward pass.",
            count=layers,
            share=share,
        )
        return f"{trained} {once}"
    return f"{trained} {_why_not_once(network)}"


def _why_not_once(network: NetworkSpec) -> str:
    if _augmented():
        return _("Augmentation changes the images in every epoch, so all layers are computed in every epoch.")
    if transfer.unchanging(network) == 0:
        return _("A random layer comes first, so all layers are computed in every epoch.")
    size = transfer.feature_bytes(network, summarize(network), _images())
    return _(
        "All layers are computed in every epoch: the output of the frozen ones would take {size:,.1f} GB.",
        size=size / 1e9,
    )


def _table(network: NetworkSpec, choices: list[Choice]) -> None:
    head = (
        _("Frozen up to"),
        _("Trained parameters"),
        _("Frozen or averages"),
        _("Multiply-adds, once"),
        _("Multiply-adds, in every epoch"),
    )
    rows = [
        (
            errors.plain(_name(network, choice)),
            f"{choice.trainable:,}",
            f"{choice.unchanged:,}",
            f"{choice.once:,}",
            f"{choice.every_epoch:,}",
        )
        for choice in choices
    ]
    table(head, rows, words=1)
    st.caption(
        _(
            "Multiply-adds: forward, for one image; training a layer takes about twice as many in addition. With more "
            "frozen layers, training is faster and overfits less on few images. With fewer, it can become more "
            "accurate if there are many images, or if they look unlike those that the network was trained on."
        )
    )


def lock(network: NetworkSpec, index: int, key: str) -> None:
    """Draw the lock of the layer at `index`, which freezes or unfreezes it; nothing if it starts at random."""
    if index not in network.taken:
        return
    frozen = index in network.frozen
    about = (
        _("Frozen: training leaves its trained weights unchanged. Click to train it, and all layers after it.")
        if frozen
        else _("Starts with trained weights. Click to freeze it, and all layers before it.")
    )
    icon = ":material/lock:" if frozen else ":material/lock_open:"
    if st.button("", key=f"{key}-lock", icon=icon, type="tertiary", help=about):
        _change(transfer.toggle(network, index))


def badge(network: NetworkSpec, index: int) -> str:
    """Return a badge for the head of a card that says whether the layer is frozen; "" if it starts at random."""
    if index not in network.taken:
        return ""
    return _(":gray-badge[frozen]") if index in network.frozen else _(":green-badge[pre-trained]")


def _tell_what_was_lost(network: NetworkSpec) -> None:
    """Say so, once, if a change of the layers has left fewer of them with trained weights."""
    seen = state(BuildState)
    before, seen.started = seen.started, network
    if before is None or before.start is None or before.name != network.name:
        return
    lost = len(before.taken) - len(network.taken)
    if lost > 0:
        st.toast(
            n_(
                "{count} layer no longer fits its trained weights, and starts at random. Undo brings them back.",
                "{count} layers no longer fit their trained weights, and start at random. Undo brings them back.",
                count=lost,
            )
        )


def _images() -> int:
    info = datasets.chosen()
    return image_count(session().training, info.train_size, info.test_size)


def _augmented() -> bool:
    return session().training.augmentation != Augmentation()


@errors.shown()
def _change(network: NetworkSpec) -> None:
    session().design(network)
    redraw()
