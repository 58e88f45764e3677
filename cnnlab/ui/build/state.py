"""State of the Build page."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnlab.network.layers import Layer


@dataclass
class BuildState:
    """State of the Build page.

    Attributes:
        dismissed: dismissed advice, as (rule, layer).
    """

    dismissed: set[tuple[str, Layer]] = field(default_factory=set)
