"""The doctor: what a run's events say about how its training goes, in plain language, each finding with a remedy.

It sees what pages see, the folded events and the specs, and needs no TensorFlow; a page asks anew with every report.
A rule is a function of a `Case` that says one thing or nothing: whether it learns at all is asked in `steps`, what
validation says beside training in `curves`, what the looks inside say in `inside`; the changes that put things right
are in `remedies`. A network that has not been
trained is the business of `cnnlab.network.advice`. Quiet and right: a rule that finds something in a healthy run is no
rule.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnlab.network.spec import NetworkSpec
from cnnlab.training.doctor import curves, inside, steps
from cnnlab.training.doctor.finding import Case, Finding, Remedy
from cnnlab.training.history import History
from cnnlab.training.spec import TrainingSpec

__all__ = ["RULES", "Finding", "Remedy", "examine"]

RULES: tuple[Callable[[Case], Finding | None], ...] = (
    steps.broken,
    steps.guessing,
    steps.too_fast,
    inside.dead,
    inside.saturated,
    steps.too_slow,
    curves.overfitting,
    curves.unfinished,
    inside.waiting,
    curves.tested,
    curves.easier,
)
"""In the order in which a reader should act; each is named as the `rule` of its findings."""


def examine(history: History, network: NetworkSpec, training: TrainingSpec, going: bool = False) -> tuple[Finding, ...]:
    """What stands out in a run so far, the most urgent first; nothing for a healthy one.

    Args:
        going: whether it goes on by itself: what is said of a run's end waits for it.
    """
    case = Case(history, network, training, going)
    return tuple(finding for rule in RULES if (finding := rule(case)))
