"""The rules that set validation beside training: overfitting, stopped too soon, the test set, a disturbed training."""

from __future__ import annotations

from cnnlab.marks import N_
from cnnlab.training.doctor import remedies
from cnnlab.training.doctor.finding import Case, Finding
from cnnlab.training.doctor.steps import FEW_EPOCHS, guesses
from cnnlab.training.spec import Augmentation

RISE = 1.1
FALL = 0.7
PAST_BEST = 3
"""The validation loss has risen where it was a tenth above its best in each of the last two epochs, the best at least
three epochs ago; and it is overfitting where the training loss has fallen by 30 % meanwhile: with a rate that is too
high both go up and down."""

LOOK_BACK = 3
STILL_FALLING = 0.9
"""The validation loss was still falling where it lost a tenth in the last three epochs, and the last is its best."""

EASIER = 0.95
"""The validation loss is clearly the lower one where it is at most this share of the training loss."""


def overfitting(case: Case) -> Finding | None:
    """Validation gets worse while training gets better. A run that early stopping has ended needs no advice."""
    epochs, finished = case.epochs, case.history.finished
    if len(epochs) <= PAST_BEST or guesses(case) or (finished and finished.reason == "early"):
        return None
    best, last = min(epochs, key=lambda one: one.val_loss), epochs[-1]
    risen = all(one.val_loss > RISE * best.val_loss for one in epochs[-2:])
    if last.epoch - best.epoch < PAST_BEST or not risen or last.loss > FALL * best.loss:
        return None
    return Finding(
        "overfitting",
        "hint",
        N_("Overfitting since epoch {best}"),
        N_(
            "The validation loss has risen since epoch {best}, from {val_before:.3f} to {val_now:.3f}, while the "
            "training loss fell from {before:.3f} to {now:.3f}."
        ),
        N_("The network learns its training images by heart instead of what they have in common."),
        (
            *(("best", best.epoch), ("val_before", best.val_loss), ("val_now", last.val_loss)),
            *(("before", best.loss), ("now", last.loss)),
        ),
        remedies.first(case, remedies.dropout, remedies.early_stopping, remedies.augmented),
    )


def unfinished(case: Case) -> Finding | None:
    """All epochs are done, and the last ones still made it better."""
    epochs, finished = case.epochs, case.history.finished
    if case.going or finished is None or finished.reason != "done" or len(epochs) < 2 or guesses(case):
        return None
    before, last = epochs[max(len(epochs) - 1 - LOOK_BACK, 0)], epochs[-1]
    if last.val_loss > STILL_FALLING * before.val_loss or last.val_loss > min(one.val_loss for one in epochs):
        return None
    return Finding(
        "unfinished",
        "hint",
        N_("It was still improving when it stopped"),
        N_("From epoch {first} to epoch {last} the validation loss still fell from {before:.3f} to {now:.3f}."),
        N_("More epochs should make it better."),
        (
            *(("first", before.epoch), ("last", last.epoch)),
            *(("before", before.val_loss), ("now", last.val_loss)),
        ),
        remedies.longer(case),
    )


def tested(case: Case) -> Finding | None:
    """The test set is used for validation."""
    started, count = case.history.started, len(case.history.epochs)
    if case.training.validation != "test" or not started or not count:
        return None
    return Finding(
        "tested",
        "hint",
        N_("The test set is used for validation"),
        N_("Its {images:,} images have measured the network after every epoch, up to epoch {epochs}."),
        N_(
            "Whoever chooses epochs or settings by them has no unseen images left, and the test accuracy comes out "
            "too good."
        ),
        (("epochs", count), ("images", started.validation_images)),
        remedies.set_aside(case),
    )


def easier(case: Case) -> Finding | None:
    """Validation looks better than training, since training is disturbed on purpose."""
    dropped = bool(case.having(*remedies.NOISY))
    augmented = case.training.augmentation != Augmentation()
    if not (dropped or augmented) or case.training.label_noise or len(case.epochs) < FEW_EPOCHS:
        return None
    if any(one.val_loss > EASIER * one.loss or one.val_accuracy <= one.accuracy for one in case.epochs[-2:]):
        return None
    last = case.epochs[-1]
    why = {
        (True, False): N_("This is no mistake: dropout and noise disturb the network while training only."),
        (False, True): N_("This is no mistake: training images are changed at random, validation images are not."),
        (True, True): N_(
            "This is no mistake: dropout and noise disturb the network while training only, and training images are "
            "changed at random."
        ),
    }[dropped, augmented]
    return Finding(
        "easier",
        "hint",
        N_("Validation looks easier than training"),
        N_(
            "In epoch {epoch} the validation loss is {val_loss:.3f} ({val_accuracy:.1%} right) and the training loss "
            "{loss:.3f} ({accuracy:.1%} right)."
        ),
        why,
        (
            *(("epoch", last.epoch), ("loss", last.loss), ("accuracy", last.accuracy)),
            *(("val_loss", last.val_loss), ("val_accuracy", last.val_accuracy)),
        ),
        remedies.undisturbed(case),
    )
