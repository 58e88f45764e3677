"""The doctor on real short runs: every rule on one that shows its fault, and all of them silent on a healthy one."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.network.layers import AnyLayer, Conv2D, Dense, Dropout, Flatten, Rescaling
from cnnlab.network.shapes import check
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.control import Control
from cnnlab.training.doctor import RULES, Finding, examine
from cnnlab.training.doctor.finding import Case
from cnnlab.training.events import AnyEvent, Epoch, Finished, Watch
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


RAW, LARGER = Rescaling(scale=255), Rescaling(scale=9)
SGD = SETTINGS.replace(optimizer="SGD", epochs=1)
LINEAR = dense("linear", 2).layers[:-1]

FAULTS = {
    "broken: pixels": Fault(
        network(RAW, *LINEAR),
        SGD.replace(learning_rate=0.01),
        "In epoch 1 the training loss became NaN. The pixels are not normalized: rescaling makes them as large as 255,",
        network=network(*LINEAR),
    ),
    "broken: learning rate": Fault(
        network(*LINEAR),
        SGD.replace(learning_rate=10.0, epochs=2),
        "In epoch 1 the training loss became NaN. The learning rate is 10, and SGD usually takes about 0.01: steps",
        changes={"learning_rate": 0.01},
    ),
    "guessing: sigmoid": Fault(
        dense("sigmoid", 5),
        SETTINGS.replace(epochs=3),
        "After 3 epochs {e[2].accuracy:.1%} of the training images are right; guessing among 10 classes gives 10.0%. "
        "Several layers with sigmoid or tanh",
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
        "The mean loss of the first epoch was {e[0].loss:.3g}; guessing costs only 2.30. Steps with a learning rate of "
        "10 go past the valley",
        changes={"learning_rate": 0.01},
    ),
    "too_fast: jumps": Fault(
        network(Flatten()),
        SETTINGS.replace(learning_rate=3.0, epochs=10),
        "In the last 9 epochs the training loss jumped up",
        changes={"learning_rate": 0.001},
    ),
    "dead": Fault(
        dense("relu", 2),
        SETTINGS.replace(learning_rate=0.3, epochs=2),
        "After epoch 2, {w[1][dense].dead:.0%} of the units of layer 2 (Dense) were 0 for every image looked at. "
        "A unit that is always 0 gets no gradient and stays so. One long step is enough to bring it there: the "
        "learning rate is 0.3,",
        changes={"learning_rate": 0.001},
    ),
    "saturated: learning rate": Fault(
        dense("tanh"),
        SETTINGS.replace(learning_rate=0.1, epochs=2),
        "After epoch 2, {w[1][dense].saturated:.0%} of the outputs of layer 2 (Dense) were within 0.02 of an end of "
        "tanh. There the curve is flat",
        changes={"learning_rate": 0.001},
    ),
    "saturated: large values": Fault(
        network(LARGER, *dense("tanh").layers[:-1]),
        SETTINGS.replace(epochs=2),
        "tanh. There the curve is flat and hardly lets a gradient through, so the layers before it learn slowly.",
        network=network(LARGER, *dense("relu").layers[:-1]),
    ),
    "too_slow": Fault(
        network(*CONVOLUTION),
        SETTINGS.replace(learning_rate=0.00001, epochs=4),
        "In 4 epochs the training loss fell only from {e[0].loss:.3f} to {e[3].loss:.3f}; guessing costs 2.30. "
        "The loss falls in every epoch, but the steps with a learning rate of 1e-05 are short.",
        changes={"learning_rate": 0.001},
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
        "From epoch 1 to epoch 4 the validation loss still fell from {e[0].val_loss:.3f} to {e[3].val_loss:.3f}. "
        "More epochs should make it better.",
        changes={"epochs": 8},
        more=4,
    ),
    "tested": Fault(
        network(*CONVOLUTION),
        SETTINGS.replace(epochs=1, validation="test"),
        "Its 360 images have measured the network after every epoch, up to epoch 1.",
        changes={"validation": "split"},
    ),
    "easier": Fault(
        network(Flatten(), Dense(units=64, activation="relu"), Dropout(rate=0.5)),
        SETTINGS.replace(epochs=3, augmentation=Augmentation(shift=0.05)),
        "In epoch 3 the validation loss is {e[2].val_loss:.3f} ({e[2].val_accuracy:.1%} right) and the training loss "
        "{e[2].loss:.3f} ({e[2].accuracy:.1%} right). This is no mistake: dropout and noise disturb the network",
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
    assert {rule.__name__ for rule in RULES} == {name.split(":")[0] for name in FAULTS} | {"waiting"}


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
        f"Epoch 3 took {seconds:.1f} s, and the training process computed for {busy:.1f} s of it: {busy / seconds:.0%} "
        "of one processor core."
    )
    assert finding.remedy and finding.remedy.training == training.replace(batch_size=64)
    # A single epoch that waited can be the computer's.
    one = [event for event in events if not (isinstance(event, Watch) and event.epoch < 3)]
    assert "waiting" not in found(folded(one), run, training)


def test_nothing_is_said_of_a_run_that_has_not_begun() -> None:
    assert examine(History(), network(Flatten()), SETTINGS, going=True) == ()


def test_what_is_said_of_the_end_waits_for_it(runs: Runs) -> None:
    fault, events = FAULTS["unfinished"], runs("unfinished")
    assert "unfinished" in found(folded(events), fault.run, fault.training)
    assert "unfinished" not in found(folded(events[:-1]), fault.run, fault.training, going=True)
    stopped = events[-1].model_copy(update={"reason": "stopped"})
    assert "unfinished" not in found(folded([*events[:-1], stopped]), fault.run, fault.training)
