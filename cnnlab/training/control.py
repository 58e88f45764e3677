"""Control: what is wanted of a run while it trains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """What is wanted of a run."""

    stop: bool = False
