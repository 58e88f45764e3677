"""What the doctor looks at, a `Case`, and what it says: a `Finding` with its evidence and a `Remedy`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from cnnlab.datasets import DATASETS
from cnnlab.errors import fill
from cnnlab.marks import Translate, untranslated
from cnnlab.network.layers import Layer, Rescaling
from cnnlab.network.shapes import keras_names
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.events import Epoch, Watch
from cnnlab.training.history import History
from cnnlab.training.spec import Optimizer, TrainingSpec

Severity = Literal["problem", "hint"]
"""problem: this training leads nowhere; hint: it could be better, or should be understood."""

Values = tuple[tuple[str, Any], ...]

USUAL: Mapping[Optimizer, float] = MappingProxyType({"Adam": 0.001, "AdamW": 0.001, "RMSprop": 0.001, "SGD": 0.01})
"""The learning rates that Keras's optimizers have by themselves; small networks bear ten times as much with SGD."""

NORMALIZING = ("BatchNormalization", "LayerNormalization")


@dataclass(frozen=True)
class Remedy:
    """What one click does: a new run from `network` and `training`, or so many more epochs of the same run.

    `label` is a marked template with `values`; it is the button's text.
    """

    label: str
    values: Values
    network: NetworkSpec
    training: TrainingSpec
    more_epochs: int = 0

    def sentence(self, translate: Translate = untranslated) -> str:
        return _filled(self.label, self.values, translate)


@dataclass(frozen=True)
class Finding:
    """One thing that stands out.

    Attributes:
        rule: names it; there is at most one of each.
        headline, evidence, why: marked templates with `values`: what it is, the figures that show it, what it comes
            from or what it means.
        remedy: None where there is nothing left to try by one change.
    """

    rule: str
    severity: Severity
    headline: str
    evidence: str
    why: str
    values: Values
    remedy: Remedy | None

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str, str]:
        """Headline, evidence and why, with the values filled in; a value that is a marked text is translated too."""
        headline, evidence, why = (
            _filled(text, self.values, translate) for text in (self.headline, self.evidence, self.why)
        )
        return headline, evidence, why


def _filled(template: str, values: Values, translate: Translate) -> str:
    return fill(
        translate(template), {name: translate(value) if isinstance(value, str) else value for name, value in values}
    )


@dataclass(frozen=True)
class Case:
    """One run as it is now, and what several rules ask of it."""

    history: History
    network: NetworkSpec
    training: TrainingSpec
    going: bool

    @cached_property
    def epochs(self) -> list[Epoch]:
        """Whole epochs; none where a figure is missing or no number (a script's run may report no validation)."""
        epochs = self.history.epochs
        figures = (math.fsum((one.loss, one.accuracy, one.val_loss, one.val_accuracy)) for one in epochs)
        return epochs if all(map(math.isfinite, figures)) else []

    @property
    def watch(self) -> Watch | None:
        """The last look inside."""
        return self.history.watches[-1] if self.history.watches else None

    @property
    def classes(self) -> int:
        """Between how many the network decides."""
        info = DATASETS.get(self.training.dataset)
        return len(self.training.classes) or (len(info.class_names) if info else 10)

    @property
    def guess_loss(self) -> float:
        """The loss of giving every class the same probability."""
        return math.log(self.classes)

    @property
    def rate(self) -> float:
        """The learning rate that was chosen last (a schedule's highest)."""
        chosen = [change.learning_rate for change in self.history.rates if change.why == "person"]
        return chosen[-1] if chosen else self.training.learning_rate

    @property
    def usual_rate(self) -> float:
        return USUAL[self.training.optimizer]

    @property
    def warming_up(self) -> bool:
        """Whether the schedule has not reached its learning rate yet."""
        warmup = self.training.warmup_epochs if self.training.schedule == "cosine" else 0.0
        return len(self.history.epochs) <= warmup

    @cached_property
    def weighing(self) -> list[int]:
        """Layers whose outputs are weighted sums, by index; the last of them answers."""
        return [
            index for index, layer in enumerate(self.network.layers) if layer.kind == "Dense" or "Conv" in layer.kind
        ]

    @property
    def hidden(self) -> range:
        """All layers before the one that answers, by index."""
        return range(self.weighing[-1] if self.weighing else 0)

    @property
    def largest_input(self) -> float:
        """The size of the largest value that the first layer with weights can meet; images come as 0 to 1."""
        low, high = 0.0, 1.0
        for layer in self.network.layers[: self.weighing[0] if self.weighing else None]:
            if layer.kind in NORMALIZING:
                return 1.0
            if isinstance(layer, Rescaling):
                low, high = (value * layer.scale + layer.offset for value in (low, high))
        return max(abs(low), abs(high))

    def having(self, *kinds: str) -> list[int]:
        """The layers of these kinds, by index."""
        return [index for index, layer in enumerate(self.network.layers) if layer.kind in kinds]

    def activated(self, *activations: str) -> list[int]:
        """The hidden layers with one of these activations, by index."""
        return [index for index in self.hidden if activation(self.network.layers[index]) in activations]

    def place(self, name: str) -> int | None:
        """The index of the layer with Keras's name; None in a script's model, whose names are its own."""
        names = keras_names(self.network)
        return names.index(name) if name in names else None

    def layer_values(self, index: int) -> Values:
        """How a sentence names a layer: {number} and {kind}."""
        return (("number", index + 1), ("kind", self.network.layers[index].title))


def activation(layer: Layer) -> str:
    """That of a layer; "linear" for one that has none."""
    return getattr(layer, "activation", "linear")
