"""The heat maps of an explanation, each with what its colors mean, or with the reason why it is blank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from cnnlab.network.outputs import OutputKind
from cnnlab.ui.text import _

if TYPE_CHECKING:
    from cnnlab.lab.inference import Explanation

MIN_EFFECT = 0.005
"""Occlusion is blank if hiding a region changes the probability by less than this: the color would not be visible."""
FULL_COLOR = 0.05
"""Smallest change of the probability that is drawn in full color."""


class HeatMap(NamedTuple):
    """One heat map: its name, its values (height, width) in -1..1, and a sentence; `heat` is None where it is blank."""

    kind: Literal["maps", "saliency", "occlusion"]
    name: str
    heat: np.ndarray | None
    text: str


def heat_maps(found: Explanation, kind: OutputKind) -> list[HeatMap]:
    """Return the heat maps for the explained class; those of the feature maps first, if the network has any."""
    return [*_of_feature_maps(found), _saliency(found), _occlusion(found, kind)]


def _of_feature_maps(found: Explanation) -> list[HeatMap]:
    """Return Grad-CAM; where it is blank, the reason, and HiResCAM if that shows something."""
    if found.grad_cam is None:
        return []
    if found.hires_cam is None:
        text = _("Orange: regions whose feature maps support this class. Coarse, so empty background can light up too.")
        return [HeatMap("maps", "Grad-CAM", found.grad_cam, text)]
    if not found.hires_cam.any():
        text = _(
            "Blank for this image, and so is HiResCAM, which gives every position its own weight: no value of the last "
            "feature maps supports this class."
        )
        return [HeatMap("maps", "Grad-CAM", None, text)]
    return [
        HeatMap(
            "maps",
            "HiResCAM",
            found.hires_cam,
            _("Orange: positions whose feature maps raise this class’s score. Every position has its own weight."),
        ),
        HeatMap(
            "maps",
            "Grad-CAM",
            None,
            _(
                "Blank for this image: it gives each feature map a single weight, the average over all positions, and "
                "with these weights nothing supports this class. HiResCAM is shown instead."
            ),
        ),
    ]


def _saliency(found: Explanation) -> HeatMap:
    if found.saliency.any():
        text = _("Orange: pixels that affect this class’s score most.")
        return HeatMap("saliency", _("Saliency"), found.saliency, text)
    text = _(
        "Blank for this image: no pixel affects this class’s score. A layer whose outputs are all zero has this effect."
    )
    return HeatMap("saliency", _("Saliency"), None, text)


def _occlusion(found: Explanation, kind: OutputKind) -> HeatMap:
    strongest = float(np.abs(found.occlusion).max())
    if strongest >= MIN_EFFECT:
        text = (
            _("Orange: hiding this region lowers the probability of this class. Blue: hiding it raises it.")
            if kind == "probabilities"
            else _("Orange: hiding this region lowers the score of this class. Blue: hiding it raises it.")
        )
        return HeatMap("occlusion", _("Occlusion"), found.occlusion / max(strongest, FULL_COLOR), text)
    text = (
        _(
            "Blank for this image: hiding any region changes the probability of this class by less than {least:.1%}.",
            least=MIN_EFFECT,
        )
        if kind == "probabilities"
        else _(
            "Blank for this image: hiding any region changes the score of this class by less than {least}.",
            least=MIN_EFFECT,
        )
    )
    return HeatMap("occlusion", _("Occlusion"), None, text)
