"""Rules that compare validation with training: overfitting, stopped too soon, test set in use, noise in training."""

from __future__ import annotations

from collections.abc import Sequence

from cnnlab.i18n.marks import N_, nN_
from cnnlab.training.doctor import remedies
from cnnlab.training.doctor.finding import Case, Finding
from cnnlab.training.doctor.learning_rules import MIN_EPOCHS, guesses
from cnnlab.training.spec import Augmentation

RISE_RATIO = 1.1
FALL_RATIO = 0.7
MIN_EPOCHS_PAST_BEST = 3
"""The validation loss has risen if it is 10% above its best in each of the last two epochs, and the best is at least
three epochs ago. It is overfitting only if the training loss has fallen by 30% since: with too high a learning rate,
both oscillate."""

IMBALANCE_RATIO = 3.0
NEGLECTED_RATIO = 0.7
MIN_RARE = 5
"""A class is rare if the largest has three times its images, and neglected if its recall is below 70% of that one's.
With fewer than five validation images, its recall says nothing."""

LOOK_BACK_EPOCHS = 3
FALLING_RATIO = 0.9
"""The validation loss is still falling if it fell by 10% in the last three epochs, and the last one is its best."""

EASIER_RATIO = 0.95
"""The validation loss is clearly lower if it is at most this share of the training loss."""


def overfitting(case: Case) -> Finding | None:
    """Find validation getting worse while training gets better, unless early stopping has ended the run."""
    epochs, finished = case.epochs, case.history.finished
    if len(epochs) <= MIN_EPOCHS_PAST_BEST or guesses(case) or (finished and finished.reason == "early"):
        return None
    best, last = min(epochs, key=lambda one: one.val_loss), epochs[-1]
    risen = all(one.val_loss > RISE_RATIO * best.val_loss for one in epochs[-2:])
    if last.epoch - best.epoch < MIN_EPOCHS_PAST_BEST or not risen or last.loss > FALL_RATIO * best.loss:
        return None
    return Finding(
        "overfitting",
        "hint",
        N_("Overfitting since epoch {best}"),
        N_(
            "The validation loss has risen since epoch {best}, from {val_before:.3f} to {val_now:.3f}, while the "
            "training loss fell from {before:.3f} to {now:.3f}."
        ),
        N_("The network is memorizing its training images instead of learning what they have in common."),
        (
            *(("best", best.epoch), ("val_before", best.val_loss), ("val_now", last.val_loss)),
            *(("before", best.loss), ("now", last.loss)),
        ),
        remedies.first(case, remedies.with_dropout, remedies.with_early_stopping, remedies.with_augmentation),
    )


def neglected(case: Case) -> Finding | None:
    """Find a rare class that is recognized far less often than the others."""
    shares, watch = case.class_shares, case.watch
    if case.training.class_weights == "balanced" or watch is None or not shares or guesses(case):
        return None
    rare, common = _rarest_and_largest(shares)
    recalls = {label: watch.confusion[label][label] / sum(watch.confusion[label]) for label in (rare, common)}
    few = sum(watch.confusion[rare]) < MIN_RARE or shares[common] < IMBALANCE_RATIO * shares[rare]
    if few or recalls[rare] > NEGLECTED_RATIO * recalls[common]:
        return None
    return Finding(
        "neglected",
        "hint",
        N_("A rare class is neglected"),
        N_(
            "“{rare}” has {rare_share:.1%} of the validation images, and {rare_recall:.0%} of them are classified "
            "correctly. “{common}” has {common_share:.1%}, and {common_recall:.0%} of them are."
        ),
        N_("Predicting the frequent class is right more often, so the network learns that first."),
        (
            *(("rare", case.class_name(rare)), ("rare_share", shares[rare]), ("rare_recall", recalls[rare])),
            *(("common", case.class_name(common)), ("common_share", shares[common])),
            *(("common_recall", recalls[common]),),
        ),
        remedies.with_class_weights(case),
    )


def _rarest_and_largest(shares: Sequence[float]) -> tuple[int, int]:
    """Return the classes with the fewest and with the most images, of those that have any."""
    present = [label for label, share in enumerate(shares) if share]
    return min(present, key=shares.__getitem__), max(present, key=shares.__getitem__)


def unfinished(case: Case) -> Finding | None:
    """Find a finished run whose last epochs still improved it."""
    epochs, finished = case.epochs, case.history.finished
    if case.going or finished is None or finished.reason != "done" or len(epochs) < 2 or guesses(case):
        return None
    before, last = epochs[max(len(epochs) - 1 - LOOK_BACK_EPOCHS, 0)], epochs[-1]
    if last.val_loss > FALLING_RATIO * before.val_loss or last.val_loss > min(one.val_loss for one in epochs):
        return None
    return Finding(
        "unfinished",
        "hint",
        N_("Still improving when training ended"),
        N_("From epoch {first} to epoch {last}, the validation loss still fell from {before:.3f} to {now:.3f}."),
        N_("More epochs should improve it."),
        (
            *(("first", before.epoch), ("last", last.epoch)),
            *(("before", before.val_loss), ("now", last.val_loss)),
        ),
        remedies.more_epochs(case),
    )


def tested(case: Case) -> Finding | None:
    """Find a run that uses the test set for validation."""
    started, count = case.history.started, len(case.history.epochs)
    # A recorded script does not say which images it validates on, if any: none are counted.
    if case.training.validation != "test" or not started or not count or not started.validation_images:
        return None
    return Finding(
        "tested",
        "hint",
        N_("The test set is used for validation"),
        nN_(
            "The network was evaluated on its {images:,} image after every epoch, up to epoch {epochs}.",
            "The network was evaluated on its {images:,} images after every epoch, up to epoch {epochs}.",
            started.validation_images,
        ),
        N_("Tuning on these images leaves no unseen data, so the test accuracy will be too optimistic."),
        (("epochs", count), ("images", started.validation_images)),
        remedies.with_validation_split(case),
    )


def easier(case: Case) -> Finding | None:
    """Find validation that looks better than training because of dropout, noise or augmentation."""
    dropped = bool(case.of_kind(*remedies.TRAINING_ONLY_LAYERS))
    augmented = case.training.augmentation != Augmentation()
    if not (dropped or augmented) or case.training.label_noise or len(case.epochs) < MIN_EPOCHS:
        return None
    if any(one.val_loss > EASIER_RATIO * one.loss or one.val_accuracy <= one.accuracy for one in case.epochs[-2:]):
        return None
    last = case.epochs[-1]
    why = {
        (True, False): N_("This is expected: dropout and noise are active only during training."),
        (False, True): N_("This is expected: training images are augmented, validation images are not."),
        (True, True): N_(
            "This is expected: dropout and noise are active only during training, and only training images are "
            "augmented."
        ),
    }[dropped, augmented]
    return Finding(
        "easier",
        "hint",
        N_("Validation looks easier than training"),
        N_(
            "In epoch {epoch}, the validation loss is {val_loss:.3f} (accuracy {val_accuracy:.1%}), and the training "
            "loss is {loss:.3f} (accuracy {accuracy:.1%})."
        ),
        why,
        (
            *(("epoch", last.epoch), ("loss", last.loss), ("accuracy", last.accuracy)),
            *(("val_loss", last.val_loss), ("val_accuracy", last.val_accuracy)),
        ),
        remedies.without_noise(case),
    )
