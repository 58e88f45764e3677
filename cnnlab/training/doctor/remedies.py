"""Remedies: each returns the specs of a new run for a case, or None if it does not apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnlab.i18n.marks import N_, nN_
from cnnlab.network.editing import insert, update_layer
from cnnlab.network.layers import AnyLayer, BatchNormalization, Dropout
from cnnlab.network.pixel_range import MIN_CONTRAST, NORMALIZING, leading_rescalings
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec
from cnnlab.training.doctor.finding import Case, Remedy, Values, activation
from cnnlab.training.spec import Augmentation, TrainingSpec

FAR_RATIO = 3.0
"""A learning rate that differs by at least this factor is reset to the default; otherwise it changes tenfold."""

LARGE_INPUT = 10.0
"""Initial weights are chosen for values of about 1; with larger inputs, all following values are larger too."""

DROPOUT_RATE = 0.5
PATIENCE = 3
"""Number of epochs, so that two noisy ones do not end a run."""

GENTLE_AUGMENTATION = Augmentation(shift=0.1, rotation=10)
"""Changes that keep the class of digits, clothing and photos."""

BATCH_SIZE_FACTOR = 4
MIN_STEPS = 10
"""Minimum number of steps per epoch; with fewer, an epoch changes little."""

TRAINING_ONLY_LAYERS = ("Dropout", "SpatialDropout2D", "GaussianNoise")
"""Layers that are active only during training, which makes training harder than validation."""


def first(case: Case, *remedies: Callable[[Case], Remedy | None]) -> Remedy | None:
    """Return the first remedy that applies."""
    return next((found for remedy in remedies if (found := remedy(case))), None)


def lower_rate(case: Case) -> Remedy | None:
    """Divide the learning rate by 10, or reset it to the default if that is far lower."""
    return _at_rate(case, case.usual_rate if case.rate >= FAR_RATIO * case.usual_rate else case.rate / 10)


def higher_rate(case: Case) -> Remedy | None:
    """Multiply the learning rate by 10, or reset it to the default if that is far higher."""
    return _at_rate(case, case.usual_rate if case.rate <= case.usual_rate / FAR_RATIO else case.rate * 10)


def _at_rate(case: Case, rate: float) -> Remedy | None:
    rate = float(f"{rate:.2g}")
    label = N_("Start a new run with a learning rate of {rate:g}")
    return _with_training(case, label, (("rate", rate),), learning_rate=rate)


def with_batch_normalization(case: Case) -> Remedy | None:
    """Add batch normalization after every hidden layer with weights, unless there is normalization already."""
    hidden = case.weighted[:-1]
    if not hidden or case.of_kind(*NORMALIZING):
        return None
    if len(case.network.layers) + len(hidden) > MAX_LAYERS:
        return None
    layers: list[AnyLayer] = []
    for index, layer in enumerate(case.network.layers):
        layers += [layer, BatchNormalization()] if index in hidden else [layer]
    return _with_network(
        case, N_("Start a new run with batch normalization"), (), case.network.replace(layers=tuple(layers))
    )


def without_rescaling(case: Case) -> Remedy | None:
    """Remove a Rescaling that makes the pixels large."""
    return _without_rescaling(case) if case.largest_input >= LARGE_INPUT else None


def without_squeezing(case: Case) -> Remedy | None:
    """Remove a Rescaling that leaves hardly any difference between black and white."""
    return _without_rescaling(case) if case.contrast < MIN_CONTRAST else None


def _without_rescaling(case: Case) -> Remedy | None:
    before = leading_rescalings(case.network)
    kept = tuple(layer for index, layer in enumerate(case.network.layers) if index not in before)
    label = N_("Start a new run without the rescaling, with pixels from 0 to 1")
    return _with_network(case, label, (), case.network.replace(layers=kept))


def with_relu(case: Case) -> Remedy | None:
    """Replace sigmoid and tanh by ReLU in the hidden layers."""
    bent = case.hidden_with("sigmoid", "tanh")
    network = case.network
    for index in bent:
        network = update_layer(network, index, activation="relu")
    label = N_("Start a new run with ReLU instead of {activation}")
    names = " / ".join(dict.fromkeys(activation(case.network.layers[index]) for index in bent))
    return _with_network(case, label, (("activation", names),), network)


def with_leaky_relu(case: Case, index: int) -> Remedy | None:
    """Use leaky ReLU in one layer, whose units then get a gradient below zero too."""
    network = update_layer(case.network, index, activation="leaky_relu")
    label = N_("Start a new run with leaky ReLU in layer {number}")
    return _with_network(case, label, (("number", index + 1),), network)


def with_softmax(case: Case) -> Remedy | None:
    """Use softmax in the last layer."""
    last = len(case.network.layers) - 1
    if not hasattr(case.network.layers[last], "activation"):
        return None
    network = update_layer(case.network, last, activation="softmax")
    return _with_network(case, N_("Start a new run with softmax in the last layer"), (), network)


def with_dropout(case: Case) -> Remedy | None:
    """Add dropout before the output layer, unless there is dropout already."""
    if case.of_kind("Dropout", "SpatialDropout2D") or not case.weighted or len(case.network.layers) >= MAX_LAYERS:
        return None
    network = insert(case.network, case.weighted[-1], Dropout(rate=DROPOUT_RATE))
    label = N_("Start a new run with a dropout of {rate:.0%} before the last layer")
    return _with_network(case, label, (("rate", DROPOUT_RATE),), network)


def with_early_stopping(case: Case) -> Remedy | None:
    """Stop when the validation loss rises, and restore the best weights."""
    label = N_("Start a new run with early stopping")
    changes = {"patience": max(case.training.patience, PATIENCE), "restore_best_weights": True}
    return None if case.training.early_stopping else _with_training(case, label, (), early_stopping=True, **changes)


def with_class_weights(case: Case) -> Remedy | None:
    """Balance the classes by their weights, unless they are balanced already."""
    if case.training.class_weights == "balanced":
        return None
    return _with_training(case, N_("Start a new run with balanced class weights"), (), class_weights="balanced")


def with_augmentation(case: Case) -> Remedy | None:
    """Augment the images with small shifts and rotations, unless they are augmented already."""
    if case.training.augmentation != Augmentation():
        return None
    label = N_("Start a new run with random shifts and rotations of the images")
    return _with_training(case, label, (), augmentation=GENTLE_AUGMENTATION)


def without_noise(case: Case) -> Remedy | None:
    """Remove dropout, noise and augmentation, to see their effect."""
    noisy = case.of_kind(*TRAINING_ONLY_LAYERS)
    kept = tuple(layer for index, layer in enumerate(case.network.layers) if index not in noisy)
    network, training = case.network.replace(layers=kept), case.training.replace(augmentation=Augmentation())
    return Remedy(N_("Start a new run without them to compare"), (), network, training)


def with_true_labels(case: Case) -> Remedy | None:
    """Remove the label noise."""
    return _with_training(case, N_("Start a new run with the true labels"), (), label_noise=0.0)


def with_validation_split(case: Case) -> Remedy | None:
    """Validate on a part of the training images."""
    label = N_("Start a new run that validates on {share:.0%} of the training images")
    return _with_training(case, label, (("share", case.training.validation_split),), validation="split")


def larger_batches(case: Case) -> Remedy | None:
    """Increase the batch size."""
    started = case.history.started
    batch = case.training.batch_size * BATCH_SIZE_FACTOR
    if not started or started.steps < BATCH_SIZE_FACTOR * MIN_STEPS or batch > _max_value("batch_size"):
        return None
    return _with_training(
        case, N_("Start a new run with a batch size of {batch}"), (("batch", batch),), batch_size=batch
    )


def fewer_snapshots(case: Case) -> Remedy | None:
    """Save no snapshots."""
    if case.training.snapshots == "none":
        return None
    label = N_("Start a new run without snapshots")
    return _with_training(case, label, (), snapshots="none")


def more_epochs(case: Case) -> Remedy | None:
    """Continue the same run for as many epochs again."""
    done = len(case.history.epochs)
    more = min(done, _max_value("epochs") - done)
    if more < 1:
        return None
    training = case.training.replace(epochs=done + more)
    label = nN_("Train this run for {count} more epoch", "Train this run for {count} more epochs", more)
    return Remedy(label, (("count", more),), case.network, training, more)


def _max_value(field: str) -> int:
    """Return the maximum value of a field of the settings."""
    metadata = TrainingSpec.model_fields[field].metadata
    maximum: int = next(bound.le for bound in metadata if hasattr(bound, "le"))
    return maximum


def _with_training(case: Case, label: str, values: Values, **changes: Any) -> Remedy | None:
    training = case.training.replace(**changes)
    return None if training == case.training else Remedy(label, values, case.network, training)


def _with_network(case: Case, label: str, values: Values, network: NetworkSpec) -> Remedy | None:
    return None if network == case.network else Remedy(label, values, network, case.training)
