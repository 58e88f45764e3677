"""The doctor on real short runs: every rule on one that shows its fault, and all of them silent on a healthy one."""

from __future__ import annotations

import dataclasses
import functools
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.network.layers import AnyLayer, Conv2D, Dense, Dropout, Flatten, Rescaling
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import check
from cnnlab.training.control import Control
from cnnlab.training.doctor import RULES, Finding, examine
from cnnlab.training.doctor.finding import Case
from cnnlab.training.events import AnyEvent, Epoch, Finished, Started, Watch
from cnnlab.training.history import History
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.train import train

SOFTMAX = Dense(units=10, activation="softmax")

Runs = Callable[[str], list[AnyEvent]]


def network(*layers: AnyLayer) -> NetworkSpec:
    """For the 8×8 digits, with an output for each."""
    return NetworkSpec(input_shape=(8, 8, 1), layers=(*layers, SOFTMAX))


def dense(activation: str, count: int = 1, units: int = 32) -> NetworkSpec:
    return network(Flatten(), *[Dense.model_validate({"units": units, "activation": activation})] * count)


CONVOLUTION = (Conv2D(filters=8, activation="relu"), Flatten())
SETTINGS = TrainingSpec(dataset="digits-8x8", batch_size=32, epochs=6)
GOOD = SETTINGS.replace(learning_rate=0.005, epochs=60, early_stopping=True, patience=1)
"""Until it is good and no better: 13 epochs."""


@dataclass(frozen=True)
class Fault:
    """A run that shows something, and the specs that the remedy should make of its own.

    Attributes:
        says: a part of what is said, with {e[k]} for epoch k + 1, {w[k]} for the looks inside layers after it, {n}
            epochs, and {best} for the one with the lowest validation loss.
        network: the remedy's, where it changes the network.
        changes: what the remedy changes in the settings.
        more: epochs that the remedy adds.
    """

    run: NetworkSpec
    training: TrainingSpec
    says: str
    network: NetworkSpec | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    more: int = 0


RAW, LARGER, SQUEEZED = Rescaling(scale=255), Rescaling(scale=9), Rescaling(scale=1 / 255)
SGD = SETTINGS.replace(optimizer="SGD", epochs=1)
LINEAR = dense("linear", 2).layers[:-1]

FAULTS = {
    "broken: pixels": Fault(
        network(RAW, *LINEAR),
        SGD.replace(learning_rate=0.01),
        "In epoch 1, the training loss became NaN. The pixels are not normalized: rescaling makes them as large as "
        "255,",
        network=network(*LINEAR),
    ),
    "broken: learning rate": Fault(
        network(*LINEAR),
        SGD.replace(learning_rate=10.0, epochs=2),
        "In epoch 1, the training loss became NaN. The learning rate is 10, while 0.01 is typical for SGD: steps",
        changes={"learning_rate": 0.01},
    ),
    "guessing: sigmoid": Fault(
        dense("sigmoid", 5),
        SETTINGS.replace(epochs=3),
        "After 3 epochs, {e[2].accuracy:.1%} of the training images are classified correctly; guessing among 10 "
        "classes gives 10.0%. Several sigmoid or tanh layers",
        network=dense("relu", 5),
    ),
    "guessing: labels": Fault(
        network(*CONVOLUTION),
        SETTINGS.replace(label_noise=1.0, epochs=2),
        "100% of the training images have a random label",
        changes={"label_noise": 0.0},
    ),
    "too_fast: first epoch": Fault(
        dense("relu", 2),
        SGD.replace(learning_rate=10.0),
        "The mean loss of the first epoch was {e[0].loss:.3g}; guessing gives only 2.30. With a learning rate of 10, "
        "each step overshoots the minimum.",
        changes={"learning_rate": 0.01},
    ),
    "too_fast: jumps": Fault(
        network(Flatten()),
        SETTINGS.replace(learning_rate=3.0, epochs=10),
        "In the last 9 epochs, the training loss jumped ",
        changes={"learning_rate": 0.001},
    ),
    "dead": Fault(
        dense("relu", 2),
        SETTINGS.replace(learning_rate=0.3, epochs=2),
        "After epoch 2, {w[1][dense].dead:.0%} of the units in layer 2 (Dense) were 0 for every inspected image. "
        "A unit that is always 0 gets no gradient and cannot recover. One large step can cause this: the "
        "learning rate is 0.3,",
        changes={"learning_rate": 0.001},
    ),
    "saturated: learning rate": Fault(
        dense("tanh"),
        SETTINGS.replace(learning_rate=0.1, epochs=2),
        "After epoch 2, {w[1][dense].saturated:.0%} of the outputs of layer 2 (Dense) were within 0.02 of a limit of "
        "tanh. There the curve is flat",
        changes={"learning_rate": 0.001},
    ),
    "saturated: large values": Fault(
        network(LARGER, *dense("tanh").layers[:-1]),
        SETTINGS.replace(epochs=2),
        "tanh. There the curve is flat and passes hardly any gradient, so the layers before it learn slowly.",
        network=network(LARGER, *dense("relu").layers[:-1]),
    ),
    "too_slow": Fault(
        network(*CONVOLUTION),
        SETTINGS.replace(learning_rate=0.00001, epochs=4),
        "In 4 epochs, the training loss fell only from {e[0].loss:.3f} to {e[3].loss:.3f}; guessing gives 2.30. "
        "The loss falls in every epoch, but with a learning rate of 1e-05 the steps are small.",
        changes={"learning_rate": 0.001},
    ),
    "too_slow: rescaled twice": Fault(
        network(SQUEEZED, *CONVOLUTION),
        SETTINGS.replace(epochs=4),
        "guessing gives 2.30. The pixels are rescaled twice: the Lab's pixels are already 0 to 1, and the rescaling in "
        "the network leaves a difference of only 0.0039 between black and white.",
        network=network(*CONVOLUTION),
    ),
    "guessing: rescaled twice": Fault(
        network(Rescaling(scale=1 / 127.5, offset=-1), Flatten()),
        SETTINGS.replace(epochs=8, learning_rate=0.01),
        "classes gives 10.0%. The pixels are rescaled twice",
        network=network(Flatten()),
    ),
    "overfitting": Fault(
        dense("relu", 2, 128),
        SETTINGS.replace(train_size=200, learning_rate=0.01, epochs=16, batch_size=16),
        "The validation loss has risen since epoch {best.epoch}, from {best.val_loss:.3f} to {e[15].val_loss:.3f}, "
        "while the training loss fell from {best.loss:.3f} to {e[15].loss:.3f}. ",
        network=network(*dense("relu", 2, 128).layers[:-1], Dropout(rate=0.5)),
    ),
    "unfinished": Fault(
        network(*CONVOLUTION),
        SETTINGS.replace(epochs=4),
        "From epoch 1 to epoch 4, the validation loss still fell from {e[0].val_loss:.3f} to {e[3].val_loss:.3f}. "
        "More epochs should improve it.",
        changes={"epochs": 8},
        more=4,
    ),
    "tested": Fault(
        network(*CONVOLUTION),
        SETTINGS.replace(epochs=1, validation="test"),
        "The network was evaluated on its 360 images after every epoch, up to epoch 1.",
        changes={"validation": "split"},
    ),
    "easier": Fault(
        network(Flatten(), Dense(units=64, activation="relu"), Dropout(rate=0.5)),
        SETTINGS.replace(epochs=3, augmentation=Augmentation(shift=0.05)),
        "In epoch 3, the validation loss is {e[2].val_loss:.3f} (accuracy {e[2].val_accuracy:.1%}), and the training "
        "loss is {e[2].loss:.3f} (accuracy {e[2].accuracy:.1%}). This is expected: dropout and noise are active only",
        network=dense("relu", 1, 64),
        changes={"augmentation": Augmentation()},
    ),
}
"""The rule, and which of its cases -> a run that shows it. The run that waits has a test of its own."""


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


def events_of(run: NetworkSpec, training: TrainingSpec, digits: Dataset) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    train(run, training, digits, events.append)
    return events


@pytest.fixture(scope="module")
def runs(digits: Dataset) -> Runs:
    """The events of a fault's run, which is trained once."""
    return functools.cache(lambda name: events_of(FAULTS[name].run, FAULTS[name].training, digits))


def folded(events: list[AnyEvent]) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def found(history: History, run: NetworkSpec, training: TrainingSpec, going: bool = False) -> dict[str, Finding]:
    return {finding.rule: finding for finding in examine(history, run, training, going)}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_in_a_run_that_has_it(name: str, runs: Runs, digits: Dataset) -> None:
    fault = FAULTS[name]
    history = folded(runs(name))
    finding = found(history, fault.run, fault.training)[name.split(":", maxsplit=1)[0]]
    says = fault.says.format(
        e=history.epochs,
        w=[watch.layers for watch in history.watches],
        best=min(history.epochs, key=lambda epoch: epoch.val_loss),
    )
    assert says in " ".join(finding.sentences()[1:])
    remedy = finding.remedy
    assert remedy is not None
    assert remedy.network == (fault.network or fault.run)
    assert remedy.training == fault.training.replace(**fault.changes)
    assert remedy.more_epochs == fault.more
    assert (remedy.network, remedy.training) != (fault.run, fault.training)
    check(remedy.network, digits.input_shape, digits.classes, 10**6)


class Healthy:
    """A run that learns well and stops in time, event by event."""

    run = network(*CONVOLUTION)

    def __init__(self, digits: Dataset) -> None:
        events = events_of(self.run, GOOD, digits)
        looks = {event.epoch: event for event in events if isinstance(event, Watch)}
        # As if nothing else ran on this computer: other programs have it wait too, and rightly so it is said.
        self.events = [
            event.model_copy(update={"seconds": min(event.seconds, looks[event.epoch].processor_seconds)})
            if isinstance(event, Epoch)
            else event
            for event in events
        ]


@pytest.fixture(scope="module")
def healthy(digits: Dataset) -> Healthy:
    return Healthy(digits)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_silent_on_a_healthy_run(rule: Callable[[Case], Finding | None], healthy: Healthy) -> None:
    """At every moment of it, and at its end."""
    history = History()
    for event in healthy.events:
        history.add(event)
        assert rule(Case(history, healthy.run, GOOD, going=not isinstance(event, Finished))) is None
    assert history.epochs[-1].val_accuracy > 0.95
    assert history.finished and history.finished.reason == "early"


def test_every_rule_has_its_fault() -> None:
    assert {rule.__name__ for rule in RULES} == {name.split(":")[0] for name in FAULTS} | {"waiting", "neglected"}


def test_a_rare_class_is_neglected(digits: Dataset) -> None:
    """Of the digit 8, a fifth of the images is left."""
    eights = np.flatnonzero(digits.y_train == 8)
    kept = np.setdiff1d(np.arange(len(digits.y_train)), eights[len(eights) // 5 :])
    few = dataclasses.replace(digits, x_train=digits.x_train[kept], y_train=digits.y_train[kept])
    run, training = network(*CONVOLUTION), SETTINGS.replace(epochs=4)
    events = events_of(run, training, few)
    finding = found(folded(events), run, training)["neglected"]
    _headline, evidence, _why = finding.sentences()
    assert evidence.startswith("“8” has 1.9% of the validation images, and 0% of them are classified correctly.")
    assert finding.remedy
    assert finding.remedy.training == training.replace(class_weights="balanced")
    assert "neglected" not in found(folded(events), run, training.replace(class_weights="balanced"))


def test_always_predicting_the_largest_class_is_guessing() -> None:
    """Of two classes, one has 80% of the images: an accuracy of 80% is nothing."""
    two = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=2, activation="softmax")))
    epoch = {"loss": 0.5, "accuracy": 0.8, "val_loss": 0.5, "val_accuracy": 0.8}
    figures = {"seconds": 1, "learning_rate": 0.001, "examples_per_second": 1}
    history = folded(
        [
            Started(epochs=3, steps=50, train_images=100, validation_images=50, parameters=1),
            *(Epoch.model_validate({"epoch": number, **epoch, **figures}) for number in (1, 2, 3)),
            Watch(
                epoch=3, images=50, confusion=((40, 0), (10, 0)), layers={}, processor_seconds=1, memory=1,
                batch_milliseconds=1, forward_milliseconds=1, backward_milliseconds=1, watching_seconds=1,
            ),
        ]
    )  # fmt: skip
    case = Case(history, two, SETTINGS.replace(dataset="mine"), going=True)
    assert case.chance == 0.8
    finding = found(history, two, SETTINGS.replace(dataset="mine"))["guessing"]
    assert "always predicting the largest of 2 classes gives 80.0%" in finding.sentences()[1]


def test_a_run_that_waits(digits: Dataset) -> None:
    """Who is asked after every batch answers late; nothing is computed meanwhile."""
    never = threading.Event()
    events: list[AnyEvent] = []

    def asked() -> Control:
        never.wait(0.02)
        return Control()

    # In the first epoch the graph is traced, which keeps the process busy.
    training = SETTINGS.replace(batch_size=16, epochs=3)
    run = network(*CONVOLUTION)
    train(run, training, digits, events.append, asked)
    history = folded(events)
    finding = found(history, run, training)["waiting"]
    seconds, busy = history.epochs[-1].seconds, history.watches[-1].processor_seconds
    assert finding.sentences()[1] == (
        f"Epoch 3 took {seconds:.1f} s, but the training process used only {busy:.1f} s of CPU time: "
        f"{busy / seconds:.0%} of one core."
    )
    assert finding.remedy and finding.remedy.training == training.replace(batch_size=64)
    # A single epoch that waited can be the computer's.
    one = [event for event in events if not (isinstance(event, Watch) and event.epoch < 3)]
    assert "waiting" not in found(folded(one), run, training)


def test_a_script_that_validates_on_unknown_images_uses_no_test_set(digits: Dataset) -> None:
    """A recorded script does not say which images it validates on, if any; its run is never said to use “0 images”."""
    training = SETTINGS.replace(epochs=1, validation="test")
    events = events_of(network(*CONVOLUTION), training, digits)
    recorded = [one.model_copy(update={"validation_images": 0}) if isinstance(one, Started) else one for one in events]
    assert "tested" in found(folded(events), network(*CONVOLUTION), training)
    assert "tested" not in found(folded(recorded), network(*CONVOLUTION), training)


def test_nothing_is_said_of_a_run_that_has_not_begun() -> None:
    assert examine(History(), network(Flatten()), SETTINGS, going=True) == ()


def test_a_few_updates_do_not_show_whether_a_network_learns(digits: Dataset) -> None:
    """Large batches: each epoch has three updates, and the network does learn."""
    training, run = SETTINGS.replace(batch_size=500, epochs=30, watch=False), dense("relu", 4)
    history, said = History(), set()
    for event in events_of(run, training, digits):
        history.add(event)
        said |= {finding.rule for finding in examine(history, run, training, going=True)}
    assert history.started and history.started.steps == 3
    # After four epochs, that is twelve updates, the loss is still near that of guessing, and falls in every epoch.
    assert history.epochs[3].loss > 0.7 * math.log(10)
    assert history.epochs[-1].accuracy > 0.5
    assert not said & {"guessing", "too_slow"}


def test_guessing_is_counted_in_updates() -> None:
    """Two runs with the same epochs: one with 99 updates or fewer, one with 100."""
    run, training = network(*CONVOLUTION), SETTINGS
    for steps, expected in ((49, False), (50, True)):
        history = folded(
            [
                Started(epochs=2, steps=steps, train_images=100, validation_images=10, parameters=1),
                *(
                    Epoch(
                        epoch=epoch, loss=2.31, accuracy=0.1, val_loss=2.31, val_accuracy=0.1,
                        seconds=1, learning_rate=0.001, examples_per_second=1,
                    )
                    for epoch in (1, 2)
                ),
            ]
        )  # fmt: skip
        assert ("guessing" in found(history, run, training)) is expected


def test_the_chance_level_of_an_unknown_dataset_is_that_of_the_outputs() -> None:
    three = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=3, activation="softmax")))
    assert Case(History(), three, SETTINGS.replace(dataset="my shapes"), going=True).classes == 3


def test_what_is_said_of_the_end_waits_for_it(runs: Runs) -> None:
    fault, events = FAULTS["unfinished"], runs("unfinished")
    assert "unfinished" in found(folded(events), fault.run, fault.training)
    assert "unfinished" not in found(folded(events[:-1]), fault.run, fault.training, going=True)
    stopped = events[-1].model_copy(update={"reason": "stopped"})
    assert "unfinished" not in found(folded([*events[:-1], stopped]), fault.run, fault.training)
