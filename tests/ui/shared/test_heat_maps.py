"""The texts of heat maps, including blank ones."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def script(grad: float | None, hires: float | None, saliency: float, occlusion: float) -> None:
    """Write a line per heat map: "+" if it is drawn, the largest value, and what is said of it."""
    import numpy as np
    import streamlit as st

    from cnnlab.lab.inference import Explanation
    from cnnlab.ui.shared.heat_maps import heat_maps

    def heat(most: float | None) -> np.ndarray | None:
        return None if most is None else np.array([[0, most]], np.float32)

    found = Explanation(0, np.ones(1), heat(grad), heat(hires), heat(saliency), heat(occlusion))  # type: ignore[arg-type]
    for shown in heat_maps(found, "probabilities"):
        st.text(f"{'' if shown.heat is None else f'{shown.heat.max():.2f} '}{shown.name}: {shown.text}")


@pytest.mark.parametrize(
    ("given", "starts"),
    [
        (
            (1.0, None, 1.0, -0.5),
            ["1.00 Grad-CAM: Orange: regions whose", "1.00 Saliency: Orange", "0.00 Occlusion: Orange"],
        ),
        ((None, None, 1.0, 0.02), ["1.00 Saliency: Orange", "0.40 Occlusion: Orange"]),
        (
            (0.0, 1.0, 1.0, 0.5),
            [
                "1.00 HiResCAM: Orange: positions",
                "Grad-CAM: Blank for this image: it gives each feature map a single weight, the average",
                "1.00 Saliency: Orange",
                "1.00 Occlusion: Orange",
            ],
        ),
        (
            (0.0, 0.0, 0.0, 0.004),
            [
                "Grad-CAM: Blank for this image, and so is HiResCAM",
                "Saliency: Blank for this image: no pixel affects",
                "Occlusion: Blank for this image: hiding any region changes the probability of this class by less than "
                "0.5%.",
            ],
        ),
    ],
)
def test_only_what_shows_something_is_drawn_and_the_rest_is_explained(
    given: tuple[float | None, ...], starts: list[str]
) -> None:
    app = AppTest.from_function(script, default_timeout=180, args=given).run()
    assert not app.exception, app.exception
    assert len(app.text) == len(starts)
    for text, start in zip(app.text, starts, strict=True):
        assert text.value.startswith(start)
