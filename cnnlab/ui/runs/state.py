"""State of the Runs page."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.export.formats import File


@dataclass
class RunsState:
    """State of the Runs page.

    Attributes:
        exported: the last prepared file as (run id, format, file).
    """

    exported: tuple[str, str, File] | None = None
