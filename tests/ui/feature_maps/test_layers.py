"""What the page says of a layer with more maps than it draws, and of maps that are zero."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def script(count: int) -> None:
    """Write the title and the description of a layer's chart."""
    import numpy as np
    import streamlit as st

    from cnnlab.network.layers import Conv2D
    from cnnlab.network.spec import NetworkSpec
    from cnnlab.network.summary import summarize
    from cnnlab.ui.feature_maps import layers

    (row,) = summarize(NetworkSpec(layers=(Conv2D(filters=count),))).rows
    chart = layers._layer(row, np.ones((26, 26, count), np.float32), "layer", 1.0)
    st.text(chart.title)
    st.text(chart.alt)


@pytest.mark.parametrize(("count", "title"), [(64, "conv2d · 26×26×64"), (70, "conv2d · 26×26×70 · the first 64 maps")])
def test_only_the_first_64_maps_are_drawn_and_the_title_says_so(count: int, title: str) -> None:
    app = AppTest.from_function(script, default_timeout=180, args=(count,)).run()
    assert not app.exception, app.exception
    assert [text.value for text in app.text] == [title, "64 feature maps of conv2d."]


def zero_script(known: bool) -> None:
    """Write the title of four maps: the first two are zero for this image, the second also for all others."""
    import numpy as np
    import streamlit as st

    from cnnlab.lab.inference import Activity
    from cnnlab.network.layers import Conv2D
    from cnnlab.network.spec import NetworkSpec
    from cnnlab.network.summary import summarize
    from cnnlab.ui.feature_maps import layers

    (row,) = summarize(NetworkSpec(layers=(Conv2D(filters=4),))).rows
    output = np.ones((26, 26, 4), np.float32)
    output[:, :, :2] = 0
    active = Activity(500, {"conv2d": np.array([True, False, True, True])})
    chart = layers._layer(row, output, "layer", 1.0, active if known else None)
    st.text(chart.title)
    st.text(len(chart.figure["layout"].get("shapes", ())))


@pytest.mark.parametrize(
    ("known", "title", "frames"),
    [
        (
            True,
            "conv2d · 26×26×4 · 1 of 4 is dead (zero for all 500 test images), framed · 1 of 4 is zero for this image",
            1,
        ),
        (False, "conv2d · 26×26×4 · 2 of 4 are zero for this image", 0),
    ],
)
def test_a_map_is_dead_only_if_it_is_zero_for_a_sample_of_images(known: bool, title: str, frames: int) -> None:
    app = AppTest.from_function(zero_script, default_timeout=180, args=(known,)).run()
    assert not app.exception, app.exception
    assert [text.value for text in app.text] == [title, str(frames)]
