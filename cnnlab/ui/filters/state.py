"""State of the Filters page."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnlab.ui.components.kernel_stage.component import Design, Pooling


@dataclass
class FiltersState:
    """What the Filters page remembers: a kernel and how it is applied, and how a feature map is pooled."""

    design: Design = field(default_factory=Design)
    pooling: Pooling = field(default_factory=Pooling)
