"""Feature maps in a browser: what the network computes is what is shown, and it is shown while it changes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from cnnlab.runs import builtin
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from tests.browser.conftest import Visit
from tests.browser.lab_page import LabPage
from tests.browser.server import AppServer, running

NUMBER = 7
"""The training image that is looked at."""
CHOSEN = 5
"""The map of the first layer that is looked at."""
LONG = 1000
"""Epochs: more than is waited for."""

_LOOK = """
import json, sys
from cnnlab.runs import builtin
from cnnlab.datasets import load, scaled
from cnnlab.training.snapshots import moments, read
from cnnlab.vision.feature_maps import TracedNetwork

folder, run = builtin.folder(builtin.ID), builtin.run(builtin.ID)
weights = read(folder, moments(folder)[-1])
maps = TracedNetwork(run.network).feature_maps(weights, scaled(load("mnist-5k").x_train[int(sys.argv[1])]))
shown = {"first": maps["conv2d"].tolist(), "shapes": {name: output.shape for name, output in maps.items()}}
shown["flat"] = maps["flatten"].tolist()
print(json.dumps(shown | {"probabilities": list(maps.values())[-1].tolist()}))
"""


@pytest.fixture(scope="module")
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """A Lab in which nothing has been trained when the first test comes."""
    folder = tmp_path_factory.mktemp("new")
    with running(folder / "home", folder) as server:
        yield server


@pytest.fixture(scope="module")
def looked() -> dict[str, object]:
    """What the built-in network makes of the image, in a process of its own: TensorFlow stays out of this one."""
    answer = subprocess.run(
        [sys.executable, "-c", _LOOK, str(NUMBER)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, object] = json.loads(answer.stdout.splitlines()[-1])
    return found


def test_a_newcomer_looks_into_the_built_in_network(
    new_server: AppServer, visit: Visit, looked: dict[str, object]
) -> None:
    assert not list(new_server.home.glob("runs/*"))
    first, shapes = np.array(looked["first"]), looked["shapes"]
    assert isinstance(shapes, dict)
    # The first request of the server's life is a link to one of its pages.
    page = visit(new_server, "maps?lang=en")
    links = page.page.get_by_role("navigation").get_by_role("link")
    expect(links.filter(has_text="Home")).to_be_visible()
    expect(links.filter(has_text="Feature maps")).to_be_visible()
    expect(page.main.get_by_role("heading", level=1)).to_have_text("Feature maps")
    expect(page.page).to_have_title("CNN Lab")
    page.number("Image index", NUMBER)
    _open_charts(page)
    last = len(shapes) - 1
    agree = "(node, p) => p.every((share, k) => Math.abs(node.data[0].y[k] - share) < 1e-3)"
    page.see("maps-all", agree, looked["probabilities"], place=last)
    titles = page.key("maps-all").locator(".cnnlab-title").all_inner_texts()
    sizes = [" × ".join(map(str, shape)) for shape in shapes.values()]
    for title, name, size in zip(titles[:-1], shapes, sizes, strict=False):
        assert re.sub(r"\s*×\s*", " × ", title).startswith(f"{name} · {size}"), title

    # The first layer's maps, painted on one scale from black to the strongest.
    pixels = page.montage("maps-all", 0)
    middles = np.array(page.chart("maps-all", "[node.data.at(-1).x, node.data.at(-1).y]", 0)).T
    for k, (x, y) in enumerate(middles):
        height, width = first.shape[:2]
        top, left = round(y - height / 2), round(x - width / 2)
        painted = pixels[top : top + height, left : left + width, 0]
        np.testing.assert_allclose(painted, 255 * first[:, :, k] / first.max(), atol=1)

    # A long vector is drawn from its first number to its last, and on the layer's scale whichever of them are drawn.
    flat = np.array(looked["flat"])
    strongest, drawn = page.chart("maps-all", "[node.data[0].zmax, node.data[0].z]", list(shapes).index("flatten"))
    assert strongest == pytest.approx(np.abs(flat).max())
    assert np.shape(drawn) == (8, 64)
    np.testing.assert_allclose([drawn[0][0], drawn[-1][-1]], flat[[0, -1]], atol=1e-3)

    x, y = middles[CHOSEN]
    page.click_chart("maps-all", x, y)
    expect(page.main.get_by_text(f"conv2d, map {CHOSEN}").last).to_be_visible()
    page.see_values("maps-chosen", first[:, :, CHOSEN])
    page.click_chart("maps-chosen", x=10, y=14)
    expect(page.main.get_by_text("row 14, column 10")).to_be_visible()
    expect(page.main.get_by_text(f"After relu: {first[14, 10, CHOSEN]:.3f}", exact=True)).to_be_visible()
    page.see_mark("maps-chosen", 14, 10)
    # Without zeros around it.
    reach = 28 - first.shape[0] + 1
    page.see_mark("maps-origin", 14, 10, reach, reach)

    page.go("Filters")
    page.tab("Learned")
    expect(page.main.get_by_role("combobox", name="Run")).to_have_value("Built-in network")
    kernels = snapshots.read(
        builtin.folder(builtin.ID), snapshots.moments(builtin.folder(builtin.ID))[-1]
    )["conv2d"][0]  # fmt: skip
    norms = [f"norm {np.sqrt((kernels[..., k] ** 2).sum()):.3f}" for k in range(kernels.shape[-1])]
    shown = "(node, norms) => String(node.data.at(-1).hovertext.map((t) => t.split('<br>')[0].split(', ').at(-1)))"
    page.see("learned-montage", f"{shown} === String(norms)", norms)
    page.choose("Run", "Built-in dense network")
    page.see("learned-montage", "node => node.data.at(-1).hovertext.length > 200")
    page.go("Feature maps")
    _open_charts(page)
    expect(page.main.get_by_text("This network has no feature maps")).to_be_visible()


def test_maps_follow_a_run_while_it_trains_and_outlive_its_files(new_server: AppServer, visit: Visit) -> None:
    page = visit(new_server, "train")
    run = page.start_and_see(LONG)
    page.go("Feature maps")
    for _ in range(2):
        _see_another_snapshot(page)
    page.go("Train")
    page.stop()
    page.expect_state("stopped")

    page.go("Feature maps")
    folder = new_server.home / "runs" / run
    kept = snapshots.moments(folder)
    _see_snapshot(page, kept[-1])
    page.slide("Snapshot", "Home")
    _see_snapshot(page, kept[0])

    (folder / "snapshots" / kept[1].file).write_bytes(b"not an archive")
    page.slide("Snapshot", "ArrowRight")
    gone = "The weights of this snapshot are missing or damaged."
    expect(page.main.get_by_role("alert").filter(has_text=gone)).to_be_visible()
    page.slide("Snapshot", "ArrowRight")
    _see_snapshot(page, kept[2])
    expect(page.main.get_by_role("alert").filter(has_text=gone)).to_have_count(0)

    for file in (folder / "snapshots").iterdir():
        file.unlink()
    page.number("Image index", NUMBER)
    expect(page.main.get_by_role("combobox", name="Run")).to_have_value("Built-in network")
    _open_charts(page)
    page.see("maps-all", "node => node.data[0].type === 'bar'", place=_layers())


def _open_charts(page: LabPage) -> None:
    page.settle()
    page.key("maps-charts").locator("summary").click()


def _see_another_snapshot(page: LabPage) -> None:
    """Wait until the stage shows another snapshot than now."""
    stage = page.main.locator(".cnnlab-stage[data-snapshot]")
    expect(stage).not_to_have_attribute("data-snapshot", stage.get_attribute("data-snapshot") or "")


def _see_snapshot(page: LabPage, moment: Moment) -> None:
    stage = page.main.locator(".cnnlab-stage[data-snapshot]")
    expect(stage).to_have_attribute("data-snapshot", re.compile(f"/{re.escape(moment.file)}/"))


def _layers() -> int:
    """The place of the probabilities among the charts of the built-in network."""
    return len(builtin.run(builtin.ID).network.layers) - 1
