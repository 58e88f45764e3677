"""The rules that read the looks inside (`Watch`): dead units, saturated outputs, a process that waits."""

from __future__ import annotations

from cnnlab.marks import N_
from cnnlab.training.doctor import remedies, steps
from cnnlab.training.doctor.finding import Case, Finding, activation

MANY = 0.5
"""Half of a layer's units, or of its outputs: a few dead units, and outputs near an end, are in every good network."""

BUSY = 0.25
"""A process that trains uses at least one core; one that uses less than a quarter of it waits for something."""

WAITED = 2
LEAST_SECONDS = 1.0
"""So many epochs in a row, of at least a second: a single one, or a moment, can be the computer's."""


def dead(case: Case) -> Finding | None:
    """A layer most of whose ReLU units are 0 for every image: the one with the most."""
    found = _most(case, "dead")
    if not found:
        return None
    index, share, epoch = found
    why, remedy = (
        N_("A unit that is always 0 gets no gradient and stays so. Leaky ReLU lets a little through."),
        remedies.leaky(case, index),
    )
    if case.rate > case.usual_rate:
        why, remedy = (
            N_(
                "A unit that is always 0 gets no gradient and stays so. One long step is enough to bring it there: the "
                "learning rate is {rate:g}, and {optimizer} usually takes about {usual:g}."
            ),
            remedies.slower(case),
        )
    return Finding(
        "dead",
        "hint",
        N_("Many units of layer {number} are dead"),
        N_(
            "After epoch {epoch}, {share:.0%} of the units of layer {number} ({kind}) were 0 for every image looked at."
        ),
        why,
        (
            *(("epoch", epoch), ("share", share), *case.layer_values(index)),
            *(("rate", case.rate), ("optimizer", case.training.optimizer), ("usual", case.usual_rate)),
        ),
        remedy,
    )


def saturated(case: Case) -> Finding | None:
    """A hidden layer most of whose outputs are at an end of sigmoid or tanh: the one with the most."""
    found = _most(case, "saturated")
    if not found:
        return None
    index, share, epoch = found
    why, remedy = (
        N_("There the curve is flat and hardly lets a gradient through, so the layers before it learn slowly."),
        remedies.rectified(case),
    )
    if unstretched := remedies.unstretched(case):
        why, remedy = steps.LARGE_PIXELS, unstretched
    elif case.rate >= remedies.FAR * case.usual_rate:
        why, remedy = (
            N_(
                "There the curve is flat and hardly lets a gradient through. Long steps bring a layer there: the "
                "learning rate is {rate:g}, and {optimizer} usually takes about {usual:g}."
            ),
            remedies.slower(case),
        )
    return Finding(
        "saturated",
        "hint",
        N_("Layer {number} is saturated"),
        N_(
            "After epoch {epoch}, {share:.0%} of the outputs of layer {number} ({kind}) were within 0.02 of an end of "
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


def _most(case: Case, figure: str) -> tuple[int, float, int] | None:
    """The hidden layer with the largest share of `figure`, where that is many: its index, the share, the epoch."""
    if case.watch is None:
        return None
    shares = {case.place(name): getattr(layer, figure) or 0.0 for name, layer in case.watch.layers.items()}
    index = max(case.hidden, key=lambda index: shares.get(index, 0.0), default=0)
    share = shares.get(index, 0.0)
    return (index, share, case.watch.epoch) if share >= MANY else None


def waiting(case: Case) -> Finding | None:
    """The training process hardly computes."""
    seconds = {one.epoch: one.seconds for one in case.history.epochs}
    looks = [one for one in case.history.watches if one.epoch in seconds][-WAITED:]
    waited = [look for look in looks if seconds[look.epoch] > max(LEAST_SECONDS, look.processor_seconds / BUSY)]
    if len(waited) < WAITED:
        return None
    last = looks[-1]
    return Finding(
        "waiting",
        "hint",
        N_("Nearly all time is spent waiting"),
        N_(
            "Epoch {epoch} took {seconds:.1f} s, and the training process computed for {busy:.1f} s of it: {share:.0%} "
            "of one processor core."
        ),
        N_(
            "It waits for other programs on this computer, for the disk, or until its reports are taken. With fewer, "
            "larger batches or fewer files it waits less often."
        ),
        (
            *(("epoch", last.epoch), ("seconds", seconds[last.epoch]), ("busy", last.processor_seconds)),
            ("share", last.processor_seconds / seconds[last.epoch]),
        ),
        remedies.first(case, remedies.larger_batches, remedies.fewer_snapshots),
    )
