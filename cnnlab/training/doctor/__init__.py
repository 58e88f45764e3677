"""The doctor: diagnose a run from its events, in plain language, with a remedy for each finding.

It needs only the history and the specs, no TensorFlow; pages call it again after every report. A rule is a function of
a `Case` that returns one finding or None: `learning_rules` check whether the network learns at all,
`generalisation_rules` compare validation with training, `activation_rules` use the diagnostics; `remedies` has the
changes that fix a problem. `cnnlab.network.advice` covers networks before training. Avoid false alarms: a rule that
finds something in a healthy run is useless.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnlab.datasets import DatasetInfo
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.doctor import activation_rules, generalisation_rules, learning_rules
from cnnlab.training.doctor.finding import Case, Finding, Remedy
from cnnlab.training.history import History
from cnnlab.training.spec import TrainingSpec

__all__ = ["RULES", "Finding", "Remedy", "examine"]

RULES: tuple[Callable[[Case], Finding | None], ...] = (
    learning_rules.broken,
    learning_rules.guessing,
    learning_rules.too_fast,
    activation_rules.dead,
    activation_rules.saturated,
    learning_rules.too_slow,
    generalisation_rules.overfitting,
    generalisation_rules.neglected,
    generalisation_rules.unfinished,
    activation_rules.waiting,
    generalisation_rules.tested,
    generalisation_rules.easier,
)
"""The rules, most urgent first; the name of the function is the `rule` of its findings."""


def examine(
    history: History,
    network: NetworkSpec,
    training: TrainingSpec,
    going: bool = False,
    dataset: DatasetInfo | None = None,
) -> tuple[Finding, ...]:
    """Return the findings for a run so far, most urgent first; none for a healthy run.

    Args:
        going: whether the run is still training; rules about the end of a run wait for it.
        dataset: what the run is trained on; needed for the classes of an image set.
    """
    case = Case(history, network, training, going, dataset)
    return tuple(finding for rule in RULES if (finding := rule(case)))
