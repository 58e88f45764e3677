"""Rules that use the diagnostics (`Watch`): dead units, saturated outputs, a waiting process."""

from __future__ import annotations

from cnnlab.i18n.marks import N_
from cnnlab.training.doctor import learning_rules, remedies
from cnnlab.training.doctor.finding import Case, Finding, activation

MIN_SHARE = 0.5
"""Minimum share of a layer's units or outputs: good networks also have a few dead units and saturated outputs."""

MIN_CPU_USE = 0.25
"""A training process uses at least one core; one that uses less than a quarter of a core is waiting."""

MIN_EPOCHS = 2
MIN_EPOCH_SECONDS = 1.0
"""Minimum number of consecutive epochs, and their duration: a single or short delay can be caused by the computer."""


def dead(case: Case) -> Finding | None:
    """Find a layer most of whose ReLU units are 0 for every image."""
    found = _largest_share(case, "dead")
    if not found:
        return None
    index, share, epoch = found
    why, remedy = (
        N_("A unit that is always 0 gets no gradient and cannot recover. Leaky ReLU passes a small gradient."),
        remedies.with_leaky_relu(case, index),
    )
    if case.rate > case.usual_rate:
        why, remedy = (
            N_(
                "A unit that is always 0 gets no gradient and cannot recover. One large step can cause this: the "
                "learning rate is {rate:g}, while {usual:g} is typical for {optimizer}."
            ),
            remedies.lower_rate(case),
        )
    return Finding(
        "dead",
        "hint",
        N_("Many units in layer {number} are dead"),
        N_(
            "After epoch {epoch}, {share:.0%} of the units in layer {number} ({kind}) were 0 for every inspected image."
        ),
        why,
        (
            *(("epoch", epoch), ("share", share), *case.layer_values(index)),
            *(("rate", case.rate), ("optimizer", case.training.optimizer), ("usual", case.usual_rate)),
        ),
        remedy,
    )


def saturated(case: Case) -> Finding | None:
    """Find a hidden layer most of whose outputs are at a limit of sigmoid or tanh."""
    found = _largest_share(case, "saturated")
    if not found:
        return None
    index, share, epoch = found
    why, remedy = (
        N_("There the curve is flat and passes hardly any gradient, so the layers before it learn slowly."),
        remedies.with_relu(case),
    )
    if unstretched := remedies.without_rescaling(case):
        why, remedy = learning_rules.LARGE_PIXELS, unstretched
    elif case.rate >= remedies.FAR_RATIO * case.usual_rate:
        why, remedy = (
            N_(
                "There the curve is flat and passes hardly any gradient. Large steps can cause this: the learning rate "
                "is {rate:g}, while {usual:g} is typical for {optimizer}."
            ),
            remedies.lower_rate(case),
        )
    return Finding(
        "saturated",
        "hint",
        N_("Layer {number} is saturated"),
        N_(
            "After epoch {epoch}, {share:.0%} of the outputs of layer {number} ({kind}) were within 0.02 of a limit of "
            "{activation}."
        ),
        why,
        (
            *(("epoch", epoch), ("share", share), *case.layer_values(index)),
            *(("activation", activation(case.network.layers[index])), ("largest", case.largest_input)),
            *(("rate", case.rate), ("optimizer", case.training.optimizer), ("usual", case.usual_rate)),
        ),
        remedy,
    )


def _largest_share(case: Case, figure: str) -> tuple[int, float, int] | None:
    """Return the hidden layer with the largest share of `figure` (index, share, epoch), or None if it is small."""
    if case.watch is None:
        return None
    shares = {case.index_of(name): getattr(layer, figure) or 0.0 for name, layer in case.watch.layers.items()}
    index = max(case.hidden, key=lambda index: shares.get(index, 0.0), default=0)
    share = shares.get(index, 0.0)
    return (index, share, case.watch.epoch) if share >= MIN_SHARE else None


def waiting(case: Case) -> Finding | None:
    """Find a training process that hardly computes."""
    seconds = {one.epoch: one.seconds for one in case.history.epochs}
    looks = [one for one in case.history.watches if one.epoch in seconds][-MIN_EPOCHS:]
    waited = [
        look for look in looks if seconds[look.epoch] > max(MIN_EPOCH_SECONDS, look.processor_seconds / MIN_CPU_USE)
    ]
    if len(waited) < MIN_EPOCHS:
        return None
    last = looks[-1]
    return Finding(
        "waiting",
        "hint",
        N_("Training spends most of its time waiting"),
        N_(
            "Epoch {epoch} took {seconds:.1f} s, but the training process used only {busy:.1f} s of CPU time: "
            "{share:.0%} of one core."
        ),
        N_(
            "The process is waiting for other programs, the disk, or its event queue. Larger batches or "
            "fewer snapshots reduce the waiting."
        ),
        (
            *(("epoch", last.epoch), ("seconds", seconds[last.epoch]), ("busy", last.processor_seconds)),
            ("share", last.processor_seconds / seconds[last.epoch]),
        ),
        remedies.first(case, remedies.larger_batches, remedies.fewer_snapshots),
    )
