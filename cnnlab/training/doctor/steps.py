"""The rules about whether it learns at all: a loss that is no number, guessing, steps too long or too short."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from cnnlab.marks import N_
from cnnlab.training.doctor import remedies
from cnnlab.training.doctor.finding import Case, Finding, Remedy, Values, activation
from cnnlab.training.events import Batch, Epoch

SKILL = 0.05
"""A network that guesses gets no further than this share of the way from guessing to all right: of ten classes 14.5 %.
The largest class of MNIST is 11.2 % of it, so one that always says the same is below too."""

FEW_EPOCHS = 2
LATELY = 3
"""Two epochs are waited for before anything is called stuck; with more, the last three tell."""

JUMP = 1.1
LEAST_JUMP = 0.02
"""The training loss has jumped up where it is a tenth higher than an epoch before, and by more than dropout's noise."""
RECENT = 8
JUMPS = 2
"""So many jumps in so many epochs: one can be chance."""

WORSE_THAN_GUESSING = 2.0
"""A first epoch whose mean loss is this many times that of guessing was thrown far off by its first steps."""

SLOW_EPOCHS = 4
SLOW = 0.7
"""After so many epochs, each better than the one before, a loss above this share of that of guessing is slow: networks
that learn well are below a fifth by then."""

LARGE_PIXELS = N_(
    "The pixels are not normalized: rescaling makes them as large as {largest:g}, and the steps grow with them. Layers "
    "begin with weights that suit values from 0 to 1."
)


def broken(case: Case) -> Finding | None:
    """The loss became infinite or no number. Only that of training counts: a script's run may have no other."""
    reports: list[Epoch | Batch] = [*case.history.epochs]
    if isinstance(case.history.latest, Batch):
        reports.append(case.history.latest)
    at = next((report for report in reports if not math.isfinite(report.loss)), None)
    if at is None:
        return None
    before = [one.loss for one in case.history.epochs if one.epoch < at.epoch]
    values: Values = (
        *(
            ("epoch", at.epoch),
            ("loss", "NaN" if math.isnan(at.loss) else "∞"),
            ("before", before[-1] if before else 0.0),
        ),
        *(("rate", case.rate), ("optimizer", case.training.optimizer), ("usual", case.usual_rate)),
        ("largest", case.largest_input),
    )
    remedy: Remedy | None
    if case.rate < remedies.FAR * case.usual_rate and (remedy := remedies.unstretched(case)):
        why = LARGE_PIXELS
    elif case.rate > case.usual_rate:
        why = N_(
            "The learning rate is {rate:g}, and {optimizer} usually takes about {usual:g}: steps that are too long "
            "make the weights grow until they cannot be written as numbers."
        )
        remedy = remedies.slower(case)
    elif remedy := remedies.normalized(case):
        why = N_(
            "The learning rate of {rate:g} is not high, but nothing normalizes the values between the layers: they can "
            "grow from layer to layer until they cannot be written as numbers."
        )
    else:
        why = N_("Steps with a learning rate of {rate:g} are still too long for this network.")
        remedy = remedies.slower(case)
    evidence = N_("In epoch {epoch} the training loss became {loss}.")
    if before:
        evidence = N_("In epoch {epoch} the training loss became {loss}; before that it was {before:.3f}.")
    return Finding("broken", "problem", N_("The loss is no number any more"), evidence, why, values, remedy)


def guesses(case: Case) -> bool:
    """Whether no epoch lately was better than guessing, and it does not look as if the next would be."""
    if len(case.epochs) < FEW_EPOCHS or case.warming_up or _creeps(case) or (case.going and _falls(case)):
        return False
    chance = 1 / case.classes
    return max(one.accuracy for one in case.epochs[-LATELY:]) < chance + SKILL * (1 - chance)


def guessing(case: Case) -> Finding | None:
    """The accuracy is that of guessing."""
    if not guesses(case):
        return None
    why, remedy = _why_it_guesses(case)
    last = case.epochs[-1]
    return Finding(
        "guessing",
        "problem",
        N_("It does no better than guessing"),
        N_(
            "After {epochs} epochs {accuracy:.1%} of the training images are right; guessing among {classes} classes "
            "gives {chance:.1%}."
        ),
        why,
        (
            *(("epochs", len(case.epochs)), ("accuracy", last.accuracy)),
            *(("classes", case.classes), ("chance", 1 / case.classes), ("noise", case.training.label_noise)),
            *(("rate", case.rate), ("optimizer", case.training.optimizer), ("usual", case.usual_rate)),
            ("largest", case.largest_input),
        ),
        remedy,
    )


def _why_it_guesses(case: Case) -> tuple[str, Remedy | None]:
    """The likeliest cause, as a marked template, and what to do about it."""
    rate, usual = case.rate, case.usual_rate
    causes: tuple[tuple[bool, str, Callable[[Case], Remedy | None]], ...] = (
        (
            case.training.label_noise > 1 / 2,
            N_("{noise:.0%} of the training images have a random label: there is little to learn from them."),
            remedies.true_labels,
        ),
        (
            activation(case.network.layers[-1]) != "softmax",
            N_("The last layer has no softmax: its numbers are no probabilities, which the loss expects."),
            remedies.softmax,
        ),
        (rate < remedies.FAR * usual, LARGE_PIXELS, remedies.unstretched),
        (
            rate > usual,
            N_(
                "The learning rate is {rate:g}, and {optimizer} usually takes about {usual:g}: the first steps went so "
                "far that the network gives every image the same answer."
            ),
            remedies.slower,
        ),
        (
            len(case.activated("sigmoid", "tanh")) > 1,
            N_("Several layers with sigmoid or tanh, one after the other, hardly let a gradient through to the first."),
            remedies.rectified,
        ),
        (
            rate < usual,
            N_(
                "The learning rate is {rate:g}, and {optimizer} usually takes about {usual:g}: the steps are too short."
            ),
            remedies.faster,
        ),
        (
            True,
            N_("The learning rate of {rate:g} is usual; perhaps the gradient is lost on its way through the layers."),
            lambda case: remedies.first(case, remedies.normalized, remedies.slower),
        ),
    )
    return next((why, found) for likely, why, remedy in causes if likely and (found := remedy(case)))


def too_fast(case: Case) -> Finding | None:
    """The training loss jumps up and down, or was thrown far off in the first epoch."""
    if not case.epochs or guesses(case):
        return None
    seen = case.epochs[-RECENT - 1 :]
    jumps = [(one, two) for one, two in pairwise(seen) if _jumps(one, two)]
    if len(jumps) >= JUMPS:
        before, after = jumps[-1]
        evidence = N_(
            "In the last {epochs} epochs the training loss jumped up {times} times, last in epoch {epoch}, from "
            "{before:.3f} to {after:.3f}."
        )
        values: Values = (
            *(("epochs", len(seen)), ("times", len(jumps))),
            *(("epoch", after.epoch), ("before", before.loss), ("after", after.loss)),
        )
    elif _thrown(case) and len(case.epochs) <= RECENT:
        evidence = N_("The mean loss of the first epoch was {loss:.3g}; guessing costs only {guess:.2f}.")
        values = (("loss", case.epochs[0].loss), ("guess", case.guess_loss))
    else:
        return None
    headline = N_("The learning rate is too high")
    why = N_("Steps with a learning rate of {rate:g} go past the valley that they should go down into.")
    remedy = remedies.slower(case)
    if case.rate < remedies.FAR * case.usual_rate and (unstretched := remedies.unstretched(case)):
        headline, why, remedy = N_("The steps are too long"), LARGE_PIXELS, unstretched
    values = (*values, ("rate", case.rate), ("largest", case.largest_input))
    return Finding("too_fast", "problem", headline, evidence, why, values, remedy)


def _thrown(case: Case) -> bool:
    first = case.epochs[0]
    return first.epoch == 1 and first.loss > WORSE_THAN_GUESSING * case.guess_loss


def _jumps(before: Epoch, after: Epoch) -> bool:
    return after.loss > JUMP * before.loss and after.loss > before.loss + LEAST_JUMP


def _falls(case: Case) -> bool:
    """Whether every epoch was better than the one before."""
    return all(after.loss < before.loss for before, after in pairwise(case.epochs))


def _creeps(case: Case) -> bool:
    """Whether it falls like that, and the loss is still near that of guessing."""
    if len(case.epochs) < SLOW_EPOCHS or case.warming_up or _thrown(case):
        return False
    # The smaller of the two: dropout makes the training loss large.
    return min(case.epochs[-1].loss, case.epochs[-1].val_loss) > SLOW * case.guess_loss and _falls(case)


def too_slow(case: Case) -> Finding | None:
    """The loss falls, but slowly: the steps are short, or a flat activation makes them so."""
    if not _creeps(case) or case.training.label_noise:
        return None
    remedy: Remedy | None
    if case.rate >= case.usual_rate and (remedy := remedies.rectified(case)):
        headline = N_("It learns slowly")
        why = N_(
            "The learning rate of {rate:g} is not low, but sigmoid and tanh pass on only a part of the gradient, and "
            "where they are flat hardly any."
        )
    else:
        headline = N_("The learning rate is too low")
        why = N_("The loss falls in every epoch, but the steps with a learning rate of {rate:g} are short.")
        remedy = remedies.faster(case)
    return Finding(
        "too_slow",
        "hint",
        headline,
        N_(
            "In {epochs} epochs the training loss fell only from {first:.3f} to {last:.3f}; guessing costs {guess:.2f}."
        ),
        why,
        (
            *(("epochs", len(case.epochs)), ("first", case.epochs[0].loss), ("last", case.epochs[-1].loss)),
            *(("guess", case.guess_loss), ("rate", case.rate)),
        ),
        remedy,
    )
