"""Draw without a browser: what the page is given to compute while someone draws."""

from __future__ import annotations

import json
from typing import Any

from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.draw.state import ChosenNetwork, DrawState
from tests.ui.page import Page

LARGE = NetworkSpec(layers=(Flatten(), Dense(units=6400), Dense(units=10, activation="softmax")))


def stage(page: Page) -> Any:
    (found,) = (one.proto.json for one in page.app.get("bidi_component") if one.key == "draw-live")
    return json.loads(found)


def messages(page: Page) -> list[bytes]:
    return [one.proto.bytes for one in page.app.get("bidi_component") if str(one.key).startswith("live-network-")]


def test_the_built_in_network_waits_for_the_pen(lab: Lab) -> None:
    page = Page("draw")
    data = stage(page)
    (message,) = messages(page)
    (network,) = data["networks"]
    assert message == lab.live_networks.message(builtin.run(builtin.ID), Moment(24))
    assert network["key"] == lab.live_networks.key(builtin.run(builtin.ID), Moment(24))
    assert (network["shape"], network["classes"], network["image"]) == ([28, 28, 1], [*"0123456789"], None)
    shown = [(layer["index"], layer["title"], layer["size"]) for layer in data["layers"]]
    # Flatten and Dropout (10, 11, 13) change nothing; the last layer is the bars.
    assert shown[:3] == [
        (-1, "Input", "28×28×1"),
        (0, "Convolution", "26×26×32"),
        (1, "Batch normalization", "26×26×32"),
    ]
    assert [index for index, _, _ in shown] == [*range(-1, 10), 12]
    assert data["canvas"] == "draw-canvas-2"
    # What changes with every stroke does not bring the whole script along.
    (stroke,) = (one.proto for one in page.app.get("bidi_component") if one.key == "draw-live")
    assert len(stroke.js_content + stroke.css_content) < 1000


def test_networks_that_the_browser_cannot_compute_are_named_and_the_others_live(lab: Lab) -> None:
    run = lab.runs.start(LARGE, TrainingSpec(dataset="mnist-5k"))
    snapshots.save(lab.store.folder(run), Moment(0), {})
    page = Page("home")
    page.me.run = run
    page.me.rooms[DrawState] = DrawState(others=[ChosenNetwork(builtin.DENSE)])
    page.app.switch_page("pages/draw.py")
    page.run()
    assert "5,088,010 parameters; at most 5,000,000 fit. The workers compute its predictions" in page.text
    (network,) = stage(page)["networks"]
    assert network["title"] == "Built-in dense network"
    page.state(DrawState).others = []
    page.run()
    assert messages(page) == []
    assert "draw-live" not in page.drawn
