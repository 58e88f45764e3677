"""Rules that check whether a network learns at all: NaN loss, guessing, steps too large or too small."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from cnnlab.i18n.marks import N_
from cnnlab.training.doctor import remedies
from cnnlab.training.doctor.finding import Case, Finding, Remedy, Values, activation
from cnnlab.training.events import Batch, Epoch

MIN_SKILL = 0.05
"""A guessing network stays below this fraction of the way from chance to 100%: 14.5% for ten classes. The largest class
of MNIST has 11.2% of the images, so a network that always predicts it is below too."""

MIN_EPOCHS = 2
RECENT_EPOCHS = 3
"""Wait for two epochs before calling a run stuck; afterwards, check the last three."""
MIN_UPDATES = 100
"""Wait for as many updates of the weights before saying that a network does not learn, or learns slowly: with large
batches, an epoch can be a single update. Measured at Keras's default learning rates, networks that learn are better
than guessing after at most 66 updates, and good ones are below `SLOW_LOSS_RATIO` after at most 96."""

HIGH_LABEL_NOISE = 0.5
"""With a larger share of random labels, they are the reason for guessing."""

JUMP_RATIO = 1.1
MIN_JUMP_HEIGHT = 0.02
"""The training loss jumps if it rises by 10% in an epoch, and by more than the noise of dropout."""
JUMP_WINDOW = 8
MIN_JUMPS = 2
"""Minimum number of jumps within the window of epochs: a single one can be chance."""

DIVERGED_RATIO = 2.0
"""The first steps diverged if the mean loss of the first epoch is this many times that of guessing."""

SLOW_EPOCHS = 4
SLOW_LOSS_RATIO = 0.7
"""Learning is slow if, after this many epochs that each improved, the loss is above this share of that of guessing;
networks that learn well are below a fifth by then."""

LARGE_PIXELS = N_(
    "The pixels are not normalized: rescaling makes them as large as {largest:g}, and the steps grow with them. The "
    "initial weights are chosen for values from 0 to 1."
)

SQUEEZED_PIXELS = N_(
    "The pixels are rescaled twice: the Lab's pixels are already 0 to 1, and the rescaling in the network leaves a "
    "difference of only {contrast:.2g} between black and white."
)


def broken(case: Case) -> Finding | None:
    """Find a NaN or infinite training loss; an external script may report no validation loss."""
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
    if case.rate < remedies.FAR_RATIO * case.usual_rate and (remedy := remedies.without_rescaling(case)):
        why = LARGE_PIXELS
    elif case.rate > case.usual_rate:
        why = N_(
            "The learning rate is {rate:g}, while {usual:g} is typical for {optimizer}: steps that are too large make "
            "the weights grow until they overflow."
        )
        remedy = remedies.lower_rate(case)
    elif remedy := remedies.with_batch_normalization(case):
        why = N_(
            "The learning rate of {rate:g} is not high, but nothing normalizes the values between the layers: they can "
            "grow from layer to layer until they overflow."
        )
    else:
        why = N_("A learning rate of {rate:g} is still too high for this network.")
        remedy = remedies.lower_rate(case)
    evidence = N_("In epoch {epoch}, the training loss became {loss}.")
    if before:
        evidence = N_("In epoch {epoch}, the training loss became {loss}; before that it was {before:.3f}.")
    return Finding("broken", "problem", N_("The loss became NaN or infinite"), evidence, why, values, remedy)


def guesses(case: Case) -> bool:
    """Return whether no recent epoch was better than guessing, and the next is not likely to be."""
    if len(case.epochs) < MIN_EPOCHS or case.warming_up or _creeps(case) or (case.going and _falls(case)):
        return False
    # Random labels are known from the settings, however few the updates.
    if case.updates < MIN_UPDATES and case.training.label_noise <= HIGH_LABEL_NOISE:
        return False
    chance = case.chance
    return max(one.accuracy for one in case.epochs[-RECENT_EPOCHS:]) < chance + MIN_SKILL * (1 - chance)


def guessing(case: Case) -> Finding | None:
    """Find an accuracy no better than guessing."""
    if not guesses(case):
        return None
    why, remedy = _why_it_guesses(case)
    last = case.epochs[-1]
    return Finding(
        "guessing",
        "problem",
        N_("No better than guessing"),
        N_(
            "After {epochs} epochs, {accuracy:.1%} of the training images are classified correctly; guessing among "
            "{classes} classes gives {chance:.1%}."
        )
        if case.chance == 1 / case.classes
        else N_(
            "After {epochs} epochs, {accuracy:.1%} of the training images are classified correctly; always predicting "
            "the largest of {classes} classes gives {chance:.1%}."
        ),
        why,
        (
            *(("epochs", len(case.epochs)), ("accuracy", last.accuracy)),
            *(("classes", case.classes), ("chance", case.chance), ("noise", case.training.label_noise)),
            *(("rate", case.rate), ("optimizer", case.training.optimizer), ("usual", case.usual_rate)),
            *(("largest", case.largest_input), ("contrast", case.contrast)),
        ),
        remedy,
    )


def _why_it_guesses(case: Case) -> tuple[str, Remedy | None]:
    """Return the most likely cause, a marked template, and its remedy."""
    rate, usual = case.rate, case.usual_rate
    causes: tuple[tuple[bool, str, Callable[[Case], Remedy | None]], ...] = (
        (
            case.training.label_noise > HIGH_LABEL_NOISE,
            N_("{noise:.0%} of the training images have a random label: there is little to learn from them."),
            remedies.with_true_labels,
        ),
        (
            activation(case.network.layers[-1]) != "softmax",
            N_("The last layer has no softmax: its outputs are not probabilities, which the loss expects."),
            remedies.with_softmax,
        ),
        (rate < remedies.FAR_RATIO * usual, LARGE_PIXELS, remedies.without_rescaling),
        (True, SQUEEZED_PIXELS, remedies.without_squeezing),
        (
            rate > usual,
            N_(
                "The learning rate is {rate:g}, while {usual:g} is typical for {optimizer}: the first steps were so "
                "large that the network predicts the same class for every image."
            ),
            remedies.lower_rate,
        ),
        (
            len(case.hidden_with("sigmoid", "tanh")) > 1,
            N_("Several sigmoid or tanh layers in a row pass hardly any gradient back to the first layer."),
            remedies.with_relu,
        ),
        (
            rate < usual,
            N_("The learning rate is {rate:g}, while {usual:g} is typical for {optimizer}: the steps are too small."),
            remedies.higher_rate,
        ),
        (
            True,
            N_(
                "The learning rate of {rate:g} is typical; perhaps the gradient vanishes on its way through the layers."
            ),
            lambda case: remedies.first(case, remedies.with_batch_normalization, remedies.lower_rate),
        ),
    )
    return next((why, found) for likely, why, remedy in causes if likely and (found := remedy(case)))


def too_fast(case: Case) -> Finding | None:
    """Find a training loss that jumps, or that diverged in the first epoch."""
    if not case.epochs or guesses(case):
        return None
    seen = case.epochs[-JUMP_WINDOW - 1 :]
    jumps = [(one, two) for one, two in pairwise(seen) if _jumps(one, two)]
    if len(jumps) >= MIN_JUMPS:
        before, after = jumps[-1]
        evidence = N_(
            "In the last {epochs} epochs, the training loss jumped {times} times, most recently in epoch {epoch}, from "
            "{before:.3f} to {after:.3f}."
        )
        values: Values = (
            *(("epochs", len(seen)), ("times", len(jumps))),
            *(("epoch", after.epoch), ("before", before.loss), ("after", after.loss)),
        )
    elif _diverged(case) and len(case.epochs) <= JUMP_WINDOW:
        evidence = N_("The mean loss of the first epoch was {loss:.3g}; guessing gives only {guess:.2f}.")
        values = (("loss", case.epochs[0].loss), ("guess", case.guess_loss))
    else:
        return None
    headline = N_("The learning rate is too high")
    why = N_("With a learning rate of {rate:g}, each step overshoots the minimum.")
    remedy = remedies.lower_rate(case)
    if case.rate < remedies.FAR_RATIO * case.usual_rate and (unstretched := remedies.without_rescaling(case)):
        headline, why, remedy = N_("The steps are too large"), LARGE_PIXELS, unstretched
    values = (*values, ("rate", case.rate), ("largest", case.largest_input))
    return Finding("too_fast", "problem", headline, evidence, why, values, remedy)


def _diverged(case: Case) -> bool:
    first = case.epochs[0]
    return first.epoch == 1 and first.loss > DIVERGED_RATIO * case.guess_loss


def _jumps(before: Epoch, after: Epoch) -> bool:
    return after.loss > JUMP_RATIO * before.loss and after.loss > before.loss + MIN_JUMP_HEIGHT


def _falls(case: Case) -> bool:
    """Return whether the training loss fell in every epoch."""
    return all(after.loss < before.loss for before, after in pairwise(case.epochs))


def _creeps(case: Case) -> bool:
    """Return whether the loss falls in every epoch but is still near that of guessing."""
    if len(case.epochs) < SLOW_EPOCHS or case.updates < MIN_UPDATES or case.warming_up or _diverged(case):
        return False
    # Use the smaller of the two losses: dropout makes the training loss large.
    return min(case.epochs[-1].loss, case.epochs[-1].val_loss) > SLOW_LOSS_RATIO * case.guess_loss and _falls(case)


def too_slow(case: Case) -> Finding | None:
    """Find a loss that falls slowly because of small steps or saturating activations."""
    if not _creeps(case) or case.training.label_noise:
        return None
    remedy: Remedy | None
    if remedy := remedies.without_squeezing(case):
        headline, why = N_("Learning is slow"), SQUEEZED_PIXELS
    elif case.rate >= case.usual_rate and (remedy := remedies.with_relu(case)):
        headline = N_("Learning is slow")
        why = N_(
            "The learning rate of {rate:g} is not low, but sigmoid and tanh pass on only part of the gradient, and "
            "hardly any where they are flat."
        )
    else:
        headline = N_("The learning rate is too low")
        why = N_("The loss falls in every epoch, but with a learning rate of {rate:g} the steps are small.")
        remedy = remedies.higher_rate(case)
    return Finding(
        "too_slow",
        "hint",
        headline,
        N_(
            "In {epochs} epochs, the training loss fell only from {first:.3f} to {last:.3f}; guessing gives "
            "{guess:.2f}."
        ),
        why,
        (
            *(("epochs", len(case.epochs)), ("first", case.epochs[0].loss), ("last", case.epochs[-1].loss)),
            *(("guess", case.guess_loss), ("rate", case.rate), ("contrast", case.contrast)),
        ),
        remedy,
    )
