"""Evaluate in a browser: from the figures to the cell, to the image, to the explanation; points; training on."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from cnnlab.datasets import load
from cnnlab.runs.store import RunStore
from cnnlab.training.split import split
from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import LabPage, trained
from tests.browser.server import AppServer
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def run(profiles: Profiles, lab_server: AppServer) -> str:
    """A run that makes mistakes: little training, and validation images of its own."""
    (made,) = trained(profiles.page(), lab_server, "mlp-relu", epochs=2, batch_size=500, validation="split")
    return made


def evaluate(visit: Visit, server: AppServer) -> LabPage:
    page = visit(server, "evaluate")
    page.see("evaluate-reliability", "node => true")
    return page


def numbers(page: LabPage) -> dict[str, str]:
    """The large figures above the chart."""
    pairs = page.main.locator(".cnnlab-numbers > div").evaluate_all(
        "nodes => nodes.map(node => [...node.children].map(child => child.textContent))"
    )
    return dict(pairs)


def test_from_the_figures_to_a_cell_to_an_image_to_its_explanation(
    visit: Visit, lab_server: AppServer, run: str
) -> None:
    page = evaluate(visit, lab_server)
    told = numbers(page)
    assert re.fullmatch(r"\d\d\.\d\d%", told["Accuracy"])
    assert int(told["Images"].replace(",", "")) >= 400
    page.tab("Confusion matrix")
    columns, rows, texts = page.chart("confusion", "['x', 'y', 'text'].map((name) => node.data[2][name])")
    counts = {(row, column): int(text.replace(",", "")) for column, row, text in zip(columns, rows, texts, strict=True)}
    assert sum(counts.values()) == int(told["Images"].replace(",", ""))
    wrong = {cell: count for cell, count in counts.items() if cell[0] != cell[1]}
    assert sum(wrong.values()) == int(told["Mistakes"].replace(",", ""))
    (truth, answer), most = max(wrong.items(), key=lambda item: item[1])
    page.click_chart("confusion", answer, truth)
    expect(page.main.get_by_text(f"{truth}, predicted as {answer}: {most}")).to_be_visible()
    page.see(f"gallery-cell-{min(most, 48)}", "node => true")
    hovers = page.hovers(f"gallery-cell-{min(most, 48)}")
    assert len(hovers) == min(most, 48)
    assert all(hover.startswith(f"{answer} (") and hover.endswith(f"label: {truth}") for hover in hovers)
    x, y = page.chart(f"gallery-cell-{min(most, 48)}", "[node.data.at(-1).x[0], node.data.at(-1).y[0]]")
    page.click_chart(f"gallery-cell-{min(most, 48)}", x, y)
    expect(page.main.get_by_text(f"Prediction: {answer} · Label: {truth}")).to_be_visible()
    page.see("example-bars", f"node => node.data[0].y.indexOf(Math.max(...node.data[0].y)) === {answer}")
    # A dense network has no feature maps, so there is no Grad-CAM: the image and what counts when covered.
    assert page.chart("example-one", "node.data[1].text") == ["Image", "Occlusion"]
    page.settle()
    page.main.get_by_role("button", name="View feature maps").click()
    expect(page.page.get_by_role("heading", level=1, name="Feature maps")).to_be_visible()
    picture = page.main.get_by_role("combobox", name="Image", exact=True)
    expect(picture).to_have_value(f"From another page: {truth}")


def test_a_point_shows_its_image(visit: Visit, lab_server: AppServer, run: str) -> None:
    page = evaluate(visit, lab_server)
    page.tab("Feature space")
    page.see("space-pca", "node => node.data[3].x.length > 10")
    node, shown = page.page.locator(".st-key-space-pca .js-plotly-plot"), page.page.locator(".cnnlab-thumbnail")
    expect(shown).to_be_hidden()
    # The point that lies farthest from the middle: no other is near.
    place = """node => {
      const { xaxis, yaxis } = node._fullLayout, box = node.getBoundingClientRect();
      const points = node.data.slice(0, 10).flatMap(line => line.x.map((x, k) => [x, line.y[k]]));
      const [x, y] = points.sort((a, b) => Math.hypot(...b) - Math.hypot(...a))[0];
      return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
    }"""
    x, y = page.spot("space-pca", f"({place})(node)")
    page.page.mouse.move(x - 5, y - 5)
    page.page.mouse.move(x, y)
    expect(shown).to_be_visible()
    number, truth = node.evaluate("node => [node._hoverdata[0].customdata, node._hoverdata[0].data.name]")
    store = RunStore(lab_server.home)
    checked = split(load("mnist-5k"), store.get(run).training)
    store.close()
    assert truth == str(checked.y_validation[number])
    # Three pixels of the screen for each of the image's.
    expected = checked.x_validation[number, :, :, 0].repeat(3, axis=0).repeat(3, axis=1)

    def is_painted() -> bool:
        seen = np.asarray(Image.open(io.BytesIO(shown.screenshot())).convert("L")).astype(int)
        assert seen.shape == expected.shape == (84, 84)
        # (But for the rounded corners.)
        return bool(np.abs(seen - expected)[3:-3, 3:-3].max() <= 2)

    wait_until(is_painted)
    # A click shows it below, and away from the points there is none.
    page.page.mouse.click(x, y)
    expect(page.main.get_by_text(f"· Label: {truth}")).to_be_visible()
    page.page.mouse.move(5, 5)
    expect(shown).to_be_hidden()


def test_training_on_with_mistakes_is_a_new_run(visit: Visit, lab_server: AppServer, run: str) -> None:
    page = evaluate(visit, lab_server)
    page.tab("Images")
    page.main.get_by_role("button", name="Fine-tune on these mistakes").click()
    page.settle()
    page.number("Epochs", 1)
    page.key("more-start").get_by_role("button").click()
    page.page.wait_for_url(lambda url: "run=" in url and run not in url)
    page.expect_state("finished")
