"""State of the Build page."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnlab.network.layers import Layer
from cnnlab.network.spec import NetworkSpec


@dataclass
class BuildState:
    """State of the Build page.

    Attributes:
        dismissed: dismissed advice, as (rule, layer).
        few_dismissed: whether the advice to augment few images was dismissed.
        started: the network that was drawn last, to tell which layers have lost their trained weights since.
    """

    dismissed: set[tuple[str, Layer]] = field(default_factory=set)
    few_dismissed: bool = False
    started: NetworkSpec | None = None
