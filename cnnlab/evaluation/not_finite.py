"""What is said about a network whose weights or outputs are NaN or infinite: the same sentence on every page."""

from __future__ import annotations

import math
from typing import Literal

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_

Place = Literal["weights", "outputs"]


class NotFiniteError(CNNLabError):
    """A network predicts nothing, since its weights or its outputs are NaN or infinite. See `not_finite`."""


def not_finite(where: Place, since: int | None = None) -> NotFiniteError:
    """Return the error that says so.

    Args:
        where: what is NaN or infinite. Outputs can be so with finite weights, if values overflow between the layers.
        since: the epoch in which training diverged, 1 for the first; None if it is not known, or did not.
    """
    if since is None:
        problem = {
            "weights": N_("The network's weights are NaN or infinite, so it predicts nothing."),
            "outputs": N_("The network's outputs are NaN or infinite: values overflow in it, so it predicts nothing."),
        }[where]
        return NotFiniteError(problem, N_("Choose another snapshot or another run."))
    problem = {
        "weights": N_(
            "Since epoch {epoch}, the network's weights are NaN or infinite: its training diverged, so it predicts "
            "nothing."
        ),
        "outputs": N_(
            "Since epoch {epoch}, the network's outputs are NaN or infinite: its training diverged, so it predicts "
            "nothing."
        ),
    }[where]
    remedy = N_("Choose a snapshot from before that epoch, or train again with a smaller learning rate.")
    return NotFiniteError(problem, remedy, epoch=since)


def format_figure(value: float, form: str) -> str:
    """Return a figure in the format `form`, such as ".2%"; "NaN" or "∞" without a unit if it is not finite."""
    if math.isnan(value):
        return "NaN"
    return format(value, form) if math.isfinite(value) else "∞" if value > 0 else "−∞"
