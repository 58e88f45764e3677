"""Home's strip: a digit is read by the built-in network while it is drawn, and goes along to Draw."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.lab_page import LOOK_MS
from tests.browser.screens import TWO
from tests.browser.server import AppServer


def test_a_digit_is_read_on_home_and_goes_along_to_draw(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, viewport={"width": 1366, "height": 768})
    best = page.key("home-live").locator(".cnnlab-best")
    layers = page.key("home-live").locator(".cnnlab-layers li")
    expect(page.main.locator("canvas.cnnlab-invitation")).to_be_visible()
    expect(best).to_have_text(re.compile(r"^8\d\d"))
    expect(layers).to_have_count(12)
    page.settle()
    for thing in (page.main.locator("canvas.upper-canvas"), layers.last):
        box = thing.bounding_box()
        assert box
        assert box["y"] + box["height"] < 768, "in sight without scrolling"

    # It answers before the pen is lifted.
    corner = page.press(TWO[0])
    for x, y in (TWO[1:] + corner).tolist():
        page.page.mouse.move(x, y)
    expect(best).to_have_text(re.compile(r"^2\d\d"))
    page.page.mouse.up()
    expect(page.key("home-undo").get_by_role("button")).to_be_enabled()
    page.settle()
    page.key("drawing-to-draw").get_by_role("button").click()
    expect(page.page.get_by_role("heading", level=1, name="Draw")).to_be_visible()
    expect(page.main.get_by_role("heading", level=3)).to_contain_text("Prediction: 2", timeout=LOOK_MS)


def test_someone_who_wants_no_motion_sees_the_digit_at_once(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, reduced_motion="reduce")
    expect(page.main.locator("canvas.cnnlab-invitation")).to_be_visible()
    inks = page.page.evaluate(
        """async () => {
          const layer = [...document.querySelectorAll("main *, [data-testid=stMain] *")]
            .map((node) => node.shadowRoot?.querySelector(".cnnlab-invitation")).find(Boolean);
          const ink = () => layer.getContext("2d").getImageData(0, 0, layer.width, layer.height).data
            .filter((value, k) => k % 4 === 3 && value).length;
          const seen = new Set();
          while (!ink()) await new Promise(requestAnimationFrame);
          for (let frame = 0; frame < 30; frame++) {
            await new Promise(requestAnimationFrame);
            seen.add(ink());
          }
          return [...seen].filter(Boolean);
        }"""
    )
    assert len(inks) == 1
