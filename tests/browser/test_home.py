"""Home's strip: a real digit flows through the built-in network."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from cnnlab.datasets import load
from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS
from tests.browser.server import AppServer

SHAPES = ("32 maps, 26×26", "32 maps, 24×24", "32 maps, 12×12", "64 maps, 10×10", "64 maps, 8×8", "64 maps, 4×4")


def test_a_digit_flows_through_the_built_in_network(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server)
    data = load("mnist-5k")
    for number in (0, 1):
        # The built-in network reads these two right.
        told = f"it takes it for {data.y_test[number]}."
        expect(page.key("flow").get_by_text(told)).to_be_visible(timeout=BEGIN_MS)
        source = page.key("flow").get_by_role("listitem").first.locator("img").get_attribute("src") or ""
        shown = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))).convert("L")
        assert np.array_equal(np.asarray(shown), data.x_test[number][:, :, 0])
        expect(page.key("flow").get_by_role("listitem")).to_contain_text(
            ["28×28", *SHAPES, re.compile(r"Answer\d\d\.\d%")]
        )
        page.key("another-digit").get_by_role("button").click()
