"""The webcam as a source of images for components: its script and what a page says about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cnnlab.ui.text import _

SCRIPT = Path(__file__).parent / "camera.js"


def notes() -> Mapping[str, str]:
    """Return what to say while it runs, and for each reason why it cannot."""
    return {
        "running": _("The webcam's images stay in your browser."),
        "insecure": _("Browsers allow the webcam only on a page with HTTPS, or on this computer."),
        "denied": _("The browser does not allow this page to use the webcam."),
        "missing": _("The browser has found no webcam."),
        "failed": _("The webcam could not be started. Perhaps another program is using it."),
    }
