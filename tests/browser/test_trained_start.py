"""From a trained network to a new head in a browser: choose it, unlock a layer and lock it again, train, draw."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from cnnlab.export import share_code
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS
from tests.browser.server import AppServer


def test_a_new_head_on_a_trained_network(lab_server: AppServer, visit: Visit) -> None:
    network = NetworkSpec(layers=(Flatten(), Dense(activation="softmax")))
    few = TrainingSpec(train_size=300, epochs=10, batch_size=16, learning_rate=0.003)
    page = visit(lab_server, f"build?n={share_code.encode(network, few)}")
    trainable = page.key("overview").get_by_test_id("stMetricValue").nth(1)
    expect(trainable).to_have_text("7,850")
    page.settle()
    page.key("trained").get_by_role("button").first.click()
    page.choose("Trained network", "Built-in network")
    page.key("trained-start").get_by_role("button").click()
    expect(trainable).to_have_text("1,290")
    page.settle()
    locks = page.page.locator("[class*='st-key-layer-'][class*='-lock ']")
    expect(locks).to_have_count(9)
    # The last one: with it, only the layers after it are trained too.
    locks.last.get_by_role("button").click()
    expect(trainable).to_have_text("132,490")
    page.settle()
    locks.last.get_by_role("button").click()
    expect(trainable).to_have_text("1,290")
    page.settle()
    page.key("train").get_by_role("button").click()
    page.page.wait_for_url("**/train*")
    expect(page.main.get_by_text("pre-trained, 9 layers frozen")).to_be_visible()
    page.settle()
    run = page.start()
    page.see_points(run)
    page.expect_state("finished")
    assert page.traces(run)[1].points >= 10
    # These digits are what the built-in network has learned, so a new head finds them with 240 images.
    accuracy = page.main.get_by_text(re.compile(r"^(9\d|100)\.\d\d%$"))
    expect(accuracy.first).to_be_visible(timeout=BEGIN_MS)
