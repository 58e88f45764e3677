"""The changes of one click: each makes the specs of a new run from those of a case, or None where it does not apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnlab.marks import N_
from cnnlab.network.editing import alter, insert
from cnnlab.network.layers import AnyLayer, BatchNormalization, Dropout
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec
from cnnlab.training.doctor.finding import NORMALIZING, Case, Remedy, Values, activation
from cnnlab.training.spec import Augmentation, TrainingSpec

FAR = 3.0
"""A learning rate so many times away from the usual one goes back to it; a nearer one goes on by tens."""

LARGE_INPUT = 10.0
"""Layers begin with weights that suit values of about 1; with such inputs everything behind is as many times larger."""

DROPOUT = 0.5
PATIENCE = 3
"""Epochs: two noisy ones do not end a run."""

GENTLE = Augmentation(shift=0.1, rotation=10)
"""What leaves a digit, a garment and a photo what they are."""

BATCHES_TOGETHER = 4
LEAST_STEPS = 10
"""An epoch of fewer steps than this teaches little."""

NOISY = ("Dropout", "SpatialDropout2D", "GaussianNoise")
"""Layers that do something while training only, so that training is harder than validation."""


def first(case: Case, *remedies: Callable[[Case], Remedy | None]) -> Remedy | None:
    """The first of them that applies."""
    return next((found for remedy in remedies if (found := remedy(case))), None)


def slower(case: Case) -> Remedy | None:
    """A learning rate of a tenth; the usual one where that is far below."""
    return _at_rate(case, case.usual_rate if case.rate >= FAR * case.usual_rate else case.rate / 10)


def faster(case: Case) -> Remedy | None:
    """Ten times the learning rate; the usual one where that is far above."""
    return _at_rate(case, case.usual_rate if case.rate <= case.usual_rate / FAR else case.rate * 10)


def _at_rate(case: Case, rate: float) -> Remedy | None:
    rate = float(f"{rate:.2g}")
    label = N_("Start a new run with a learning rate of {rate:g}")
    return _trained(case, label, (("rate", rate),), learning_rate=rate)


def normalized(case: Case) -> Remedy | None:
    """Batch normalization behind every hidden layer with weights, where there is no normalization yet."""
    hidden = case.weighing[:-1]
    if not hidden or case.having(*NORMALIZING):
        return None
    if len(case.network.layers) + len(hidden) > MAX_LAYERS:
        return None
    layers: list[AnyLayer] = []
    for index, layer in enumerate(case.network.layers):
        layers += [layer, BatchNormalization()] if index in hidden else [layer]
    return _built(case, N_("Start a new run with batch normalization"), (), case.network.replace(layers=tuple(layers)))


def unstretched(case: Case) -> Remedy | None:
    """The images from 0 to 1, as they come, where Rescaling makes their values large."""
    if case.largest_input < LARGE_INPUT:
        return None
    before = [index for index in case.having("Rescaling") if index < case.weighing[0]]
    kept = tuple(layer for index, layer in enumerate(case.network.layers) if index not in before)
    label = N_("Start a new run without the rescaling, with pixels from 0 to 1")
    return _built(case, label, (), case.network.replace(layers=kept))


def rectified(case: Case) -> Remedy | None:
    """ReLU in the hidden layers that have sigmoid or tanh."""
    bent = case.activated("sigmoid", "tanh")
    network = case.network
    for index in bent:
        network = alter(network, index, activation="relu")
    label = N_("Start a new run with ReLU instead of {activation}")
    names = " / ".join(dict.fromkeys(activation(case.network.layers[index]) for index in bent))
    return _built(case, label, (("activation", names),), network)


def leaky(case: Case, index: int) -> Remedy | None:
    """Leaky ReLU in one layer: its units get a gradient below zero as well."""
    network = alter(case.network, index, activation="leaky_relu")
    label = N_("Start a new run with leaky ReLU in layer {number}")
    return _built(case, label, (("number", index + 1),), network)


def softmax(case: Case) -> Remedy | None:
    """Softmax in the last layer."""
    last = len(case.network.layers) - 1
    if not hasattr(case.network.layers[last], "activation"):
        return None
    network = alter(case.network, last, activation="softmax")
    return _built(case, N_("Start a new run with softmax in the last layer"), (), network)


def dropout(case: Case) -> Remedy | None:
    """Dropout before the layer that answers, where there is none yet."""
    if case.having("Dropout", "SpatialDropout2D") or not case.weighing or len(case.network.layers) >= MAX_LAYERS:
        return None
    network = insert(case.network, case.weighing[-1], Dropout(rate=DROPOUT))
    label = N_("Start a new run with a dropout of {rate:.0%} before the last layer")
    return _built(case, label, (("rate", DROPOUT),), network)


def early_stopping(case: Case) -> Remedy | None:
    """Stop where the validation loss rises, and keep the best weights."""
    label = N_("Start a new run that stops at its best epoch")
    changes = {"patience": max(case.training.patience, PATIENCE), "restore_best_weights": True}
    return None if case.training.early_stopping else _trained(case, label, (), early_stopping=True, **changes)


def augmented(case: Case) -> Remedy | None:
    """Images that are moved and turned a little, where they are left as they are."""
    if case.training.augmentation != Augmentation():
        return None
    label = N_("Start a new run whose images are moved and turned at random")
    return _trained(case, label, (), augmentation=GENTLE)


def undisturbed(case: Case) -> Remedy | None:
    """Neither dropout nor augmentation, to see what they do."""
    noisy = case.having(*NOISY)
    kept = tuple(layer for index, layer in enumerate(case.network.layers) if index not in noisy)
    network, training = case.network.replace(layers=kept), case.training.replace(augmentation=Augmentation())
    return Remedy(N_("Start a new run without them, to compare"), (), network, training)


def true_labels(case: Case) -> Remedy | None:
    return _trained(case, N_("Start a new run with the true labels"), (), label_noise=0.0)


def set_aside(case: Case) -> Remedy | None:
    """Validate with a part of the training images."""
    label = N_("Start a new run that validates with {share:.0%} of the training images")
    return _trained(case, label, (("share", case.training.validation_split),), validation="split")


def larger_batches(case: Case) -> Remedy | None:
    """Fewer steps, each of more images."""
    started = case.history.started
    batch = case.training.batch_size * BATCHES_TOGETHER
    if not started or started.steps < BATCHES_TOGETHER * LEAST_STEPS or batch > _most("batch_size"):
        return None
    return _trained(case, N_("Start a new run with a batch size of {batch}"), (("batch", batch),), batch_size=batch)


def fewer_snapshots(case: Case) -> Remedy | None:
    """Write nothing for the time machine."""
    if case.training.snapshots == "none":
        return None
    label = N_("Start a new run that keeps no weights for the time machine")
    return _trained(case, label, (), snapshots="none")


def longer(case: Case) -> Remedy | None:
    """As many epochs again, of the same run."""
    done = len(case.history.epochs)
    more = min(done, _most("epochs") - done)
    if more < 1:
        return None
    training = case.training.replace(epochs=done + more)
    return Remedy(N_("Train this run for {count} more epochs"), (("count", more),), case.network, training, more)


def _most(field: str) -> int:
    """The largest value that a field of the settings may have."""
    metadata = TrainingSpec.model_fields[field].metadata
    most: int = next(bound.le for bound in metadata if hasattr(bound, "le"))
    return most


def _trained(case: Case, label: str, values: Values, **changes: Any) -> Remedy | None:
    training = case.training.replace(**changes)
    return None if training == case.training else Remedy(label, values, case.network, training)


def _built(case: Case, label: str, values: Values, network: NetworkSpec) -> Remedy | None:
    return None if network == case.network else Remedy(label, values, network, case.training)
