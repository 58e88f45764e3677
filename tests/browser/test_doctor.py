"""The doctor in a browser: a run that only guesses, its finding in both languages, and the remedy by one click."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from cnnlab.export import share_code
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from tests.browser.conftest import Visit
from tests.browser.lab_page import BEGIN_MS
from tests.browser.server import AppServer
from tests.catalog import catalog

DEEP = NetworkSpec(
    name="deep",
    input_shape=(8, 8, 1),
    layers=(
        Flatten(),
        *[Dense(units=16, activation="sigmoid")] * 5,
        Dense(units=10, activation="softmax"),
    ),
)
SHORT = TrainingSpec(dataset="digits-8x8", batch_size=32, epochs=3)
"""108 updates: with fewer, the doctor does not speak of guessing."""
GUESSING, REMEDY = "No better than guessing", "Start a new run with ReLU instead of {activation}"


def test_a_finding_and_its_remedy(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, f"train?n={share_code.encode(DEEP, SHORT)}")
    before = page.start()
    page.tab("Doctor")
    finding = page.key("finding-guessing")
    expect(finding).to_contain_text(GUESSING, timeout=BEGIN_MS)
    expect(finding).to_contain_text("guessing among 10 classes gives 10.0%")

    words = catalog("ko")
    korean = visit(lab_server, f"train?run={before}", locale="ko-KR")
    korean.tab(words["Doctor"])
    expect(korean.key("finding-guessing")).to_contain_text(words[GUESSING])
    expect(korean.key("remedy-guessing")).to_contain_text(words[REMEDY].format(activation=words["sigmoid"]))

    page.settle()
    page.key("remedy-guessing").get_by_role("button").click()
    page.page.wait_for_url(lambda url: "run=" in url and f"run={before}" not in url)
    after = page.run
    # The run that was asked about stands beside the new one: three lines each.
    page.page.wait_for_function(
        "css => document.querySelector(css)?._fullData?.length === 6",
        arg=f".st-key-curves-{after} .js-plotly-plot",
        timeout=BEGIN_MS,
    )
    code = parse_qs(urlsplit(page.page.url).query)["n"][0]
    rectified = (Flatten(), *[Dense(units=16, activation="relu")] * 5, Dense(units=10, activation="softmax"))
    assert share_code.decode(code) == (DEEP.replace(layers=rectified), SHORT)
