"""The doctor's input, a `Case`, and its output, a `Finding` with evidence and a `Remedy`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from cnnlab.datasets import DATASETS, DatasetInfo
from cnnlab.errors import translated
from cnnlab.i18n.marks import Translate, untranslated
from cnnlab.network.layers import Layer
from cnnlab.network.pixel_range import NORMALIZING, pixel_range
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names
from cnnlab.training.events import Epoch, Watch
from cnnlab.training.history import History
from cnnlab.training.spec import Optimizer, TrainingSpec

Severity = Literal["problem", "hint"]
"""problem: the training fails; hint: it could be better, or needs an explanation."""

Values = tuple[tuple[str, Any], ...]

USUAL_RATES: Mapping[Optimizer, float] = MappingProxyType(
    {"Adam": 0.001, "AdamW": 0.001, "RMSprop": 0.001, "SGD": 0.01}
)
"""Keras's default learning rates; small networks tolerate ten times as much with SGD."""

IMBALANCE = 1.5
"""A class is clearly larger than the others if it has this many times its equal share of the images."""


@dataclass(frozen=True)
class Remedy:
    """A fix of one click: a new run with `network` and `training`, or `more_epochs` of the same run.

    `label` is the button's text, a marked template for `values`.
    """

    label: str
    values: Values
    network: NetworkSpec
    training: TrainingSpec
    more_epochs: int = 0

    def sentence(self, translate: Translate = untranslated) -> str:
        """Return the label with its values filled in."""
        return translated(self.label, dict(self.values), translate)


@dataclass(frozen=True)
class Finding:
    """One finding about a run.

    Attributes:
        rule: the name of its rule; there is at most one finding per rule.
        headline, evidence, why: marked templates for `values`: the finding, the metrics that show it, and its cause or
            meaning.
        remedy: None if no single change is left to try.
    """

    rule: str
    severity: Severity
    headline: str
    evidence: str
    why: str
    values: Values
    remedy: Remedy | None

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str, str]:
        """Return headline, evidence and why with their values filled in; marked texts in the values are translated."""
        headline, evidence, why = (
            translated(text, dict(self.values), translate) for text in (self.headline, self.evidence, self.why)
        )
        return headline, evidence, why


@dataclass(frozen=True)
class Case:
    """The current state of a run, with the properties that several rules use.

    Attributes:
        dataset: what the run is trained on, if it is known; None: the built-in dataset that `training` names, if any.
    """

    history: History
    network: NetworkSpec
    training: TrainingSpec
    going: bool
    dataset: DatasetInfo | None = None

    @cached_property
    def epochs(self) -> list[Epoch]:
        """Return the finished epochs; none if a metric is NaN (an external script may report no validation)."""
        epochs = self.history.epochs
        figures = (math.fsum((one.loss, one.accuracy, one.val_loss, one.val_accuracy)) for one in epochs)
        return epochs if all(map(math.isfinite, figures)) else []

    @property
    def updates(self) -> int:
        """Return how often the weights were updated in the finished epochs; one batch is one update."""
        return len(self.history.epochs) * (self.history.started.steps if self.history.started else 0)

    @property
    def watch(self) -> Watch | None:
        """Return the last diagnostics, or None."""
        return self.history.watches[-1] if self.history.watches else None

    @property
    def classes(self) -> int:
        """Return the number of classes in use."""
        info = self.dataset or DATASETS.get(self.training.dataset)
        outputs = getattr(self.network.layers[self.weighted[-1]], "units", 0) if self.weighted else 0
        return len(self.training.classes) or (len(info.class_names) if info else outputs or 10)

    def class_name(self, label: int) -> str:
        """Return the name of a class, a marked text; its number if the dataset is not known."""
        info = self.dataset or DATASETS.get(self.training.dataset)
        return info.class_names[label] if info else str(label)

    @cached_property
    def class_shares(self) -> tuple[float, ...]:
        """Return each class's share of the validation images, as the last diagnostics counted them; () if unknown."""
        sums = [sum(row) for row in self.watch.confusion] if self.watch else []
        return tuple(one / sum(sums) for one in sums) if sum(sums) else ()

    @property
    def chance(self) -> float:
        """Return the accuracy of guessing: of always predicting the largest class if that is clearly the best guess."""
        equal, largest = 1 / self.classes, max(self.class_shares, default=0.0)
        return largest if largest > IMBALANCE * equal else equal

    @property
    def guess_loss(self) -> float:
        """Return the loss of predicting the same probability for every class."""
        return math.log(self.classes)

    @property
    def rate(self) -> float:
        """Return the last learning rate set by a person (the peak of a schedule)."""
        chosen = [change.learning_rate for change in self.history.rates if change.why == "person"]
        return chosen[-1] if chosen else self.training.learning_rate

    @property
    def usual_rate(self) -> float:
        """Return the optimizer's default learning rate."""
        return USUAL_RATES[self.training.optimizer]

    @property
    def warming_up(self) -> bool:
        """Return whether the schedule is still warming up."""
        warmup = self.training.warmup_epochs if self.training.schedule == "cosine" else 0.0
        return len(self.history.epochs) <= warmup

    @cached_property
    def weighted(self) -> list[int]:
        """Return the indices of the layers with weights; the last of them is the output layer."""
        return [
            index for index, layer in enumerate(self.network.layers) if layer.kind == "Dense" or "Conv" in layer.kind
        ]

    @property
    def hidden(self) -> range:
        """Return the indices of all layers before the output layer."""
        return range(self.weighted[-1] if self.weighted else 0)

    @property
    def largest_input(self) -> float:
        """Return the largest absolute value that the first layer with weights can receive; pixels are 0 to 1."""
        start = self.network.layers[: self.weighted[0] if self.weighted else None]
        return 1.0 if any(layer.kind in NORMALIZING for layer in start) else max(map(abs, pixel_range(self.network)))

    @property
    def contrast(self) -> float:
        """Return the difference between black and white where the pixels enter; 1 if nothing rescales them."""
        low, high = pixel_range(self.network)
        return abs(high - low)

    def of_kind(self, *kinds: str) -> list[int]:
        """Return the indices of the layers of these kinds."""
        return [index for index, layer in enumerate(self.network.layers) if layer.kind in kinds]

    def hidden_with(self, *activations: str) -> list[int]:
        """Return the indices of the hidden layers with one of these activations."""
        return [index for index in self.hidden if activation(self.network.layers[index]) in activations]

    def index_of(self, name: str) -> int | None:
        """Return the index of the layer with Keras's name, or None (a script's model can have other names)."""
        names = keras_names(self.network)
        return names.index(name) if name in names else None

    def layer_values(self, index: int) -> Values:
        """Return the values {number} and {kind} that name a layer in a sentence."""
        return (("number", index + 1), ("kind", self.network.layers[index].title))


def activation(layer: Layer) -> str:
    """Return the activation of a layer; "linear" if it has none."""
    return getattr(layer, "activation", "linear")
