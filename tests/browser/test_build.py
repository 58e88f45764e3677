"""The Build page in a browser: a network by hand, a mistake and its remedy, links, files, a narrow screen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from cnnlab.export import share_code
from cnnlab.network.layers import Conv2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.recipes import RECIPES, for_dataset
from cnnlab.training.spec import TrainingSpec
from tests.browser.conftest import Visit
from tests.browser.lab_page import LabPage
from tests.browser.server import AppServer
from tests.waiting import wait_until

FULL = RECIPES["full"].network
FULL_SHAPES = (
    ("conv2d (Conv2D)", "(None, 26, 26, 16)", "160"),
    ("conv2d_1 (Conv2D)", "(None, 24, 24, 32)", "4,640"),
    ("max_pooling2d (MaxPooling2D)", "(None, 12, 12, 32)", "0"),
    ("conv2d_2 (Conv2D)", "(None, 10, 10, 64)", "18,496"),
    ("max_pooling2d_1 (MaxPooling2D)", "(None, 5, 5, 64)", "0"),
    ("dropout (Dropout)", "(None, 5, 5, 64)", "0"),
    ("flatten (Flatten)", "(None, 1600)", "0"),
    ("dense (Dense)", "(None, 128)", "204,928"),
    ("dropout_1 (Dropout)", "(None, 128)", "0"),
    ("dense_1 (Dense)", "(None, 10)", "1,290"),
)


class Workbench:
    """What tests do on the Build page. Every step waits for what the reader would see, not for time."""

    def __init__(self, lab: LabPage) -> None:
        self.lab = lab
        self.page = lab.page
        self.overview = lab.key("overview")
        self.train = lab.key("train").get_by_role("button")
        self.undo = lab.key("undo").get_by_role("button")

    def card(self, index: int) -> Locator:
        return self.lab.key(f"card-{index}")

    def _part(self, index: int, name: str) -> Locator:
        """A button in a card's head. Its key has the edition in it; it ends where the next class begins."""
        return self.card(index).locator(f"[class*='-{index}-{name} ']")

    def expect_cards(self, count: int) -> None:
        expect(self.page.locator("[class*='st-key-card-']")).to_have_count(count)

    def expect_total(self, parameters: str) -> None:
        expect(self.overview.get_by_test_id("stMetricValue").first).to_have_text(parameters)

    def menu(self, place: Locator, option: str | re.Pattern[str]) -> None:
        """Pick from a button's menu. A redraw would close it."""
        self.lab.settle()
        place.get_by_role("button").click()
        self.page.get_by_role("menuitem", name=option).click()

    def start_from(self, option: str | re.Pattern[str]) -> None:
        self.menu(self.lab.key("start-from"), option)

    def add(self, kind: str) -> int:
        """Add a layer below the others; returns its place."""
        count = self.page.locator("[class*='st-key-card-']").count()
        self.menu(self.page.locator("[class*='st-key-layer-'][class*='-end']"), re.compile(rf"\({kind}\)$"))
        self.expect_cards(count + 1)
        return count

    def act(self, index: int, action: str) -> None:
        """Move, duplicate or remove a layer."""
        self.menu(self._part(index, "act"), action)

    def number(self, place: Locator, name: str, value: float) -> None:
        self.lab.settle()
        field = place.get_by_role("spinbutton", name=name, exact=True)
        field.fill(str(value))
        field.press("Enter")

    def choose(self, place: Locator, name: str, option: str) -> None:
        field = place.get_by_role("combobox", name=name, exact=True)
        expect(field).to_be_visible()
        # A list that is opened while the page is drawn or scrolled is closed by that; a reader opens it again.
        field.scroll_into_view_if_needed()
        self.lab.settle()
        self.lab.pick(field, self.page.get_by_role("option", name=option, exact=True))

    def tab(self, name: str) -> Locator:
        self.lab.settle()
        self.overview.get_by_role("tab", name=name, exact=True).click()
        return self.overview.get_by_role("tabpanel", name=name)

    def mend(self, place: Locator, problem: str, button: str, total: str) -> None:
        """See the one mistake at its place, press the button that is offered there, and see that all is well."""
        alert = self.page.get_by_role("alert")
        expect(place.get_by_role("alert")).to_contain_text(problem)
        expect(alert).to_have_count(1)
        expect(self.train).to_be_disabled()
        self.lab.settle()
        place.get_by_role("button", name=button).click()
        expect(alert).to_have_count(0)
        self.expect_total(total)
        expect(self.train).to_be_enabled()

    def expect_link(self, suits: Callable[[NetworkSpec, TrainingSpec], bool]) -> None:
        """Wait until the address carries such a network and such settings."""
        self.page.wait_for_url(lambda url: "n=" in url and suits(*_shared(url)))

    def download(self, button: Locator, folder: Path) -> Path:
        self.lab.settle()
        with self.page.expect_download() as download:
            button.click()
        file = folder / download.value.suggested_filename
        download.value.save_as(file)
        return file


def _shared(url: str) -> tuple[NetworkSpec, TrainingSpec]:
    """What a link carries."""
    return share_code.decode(parse_qs(urlsplit(url.strip()).query)["n"][0])


def _build(visit: Visit, server: AppServer, network: NetworkSpec | None = None, **options: object) -> Workbench:
    """Open the page, with a network that a link brings."""
    training = for_dataset(RECIPES["full"].training, "mnist-5k")
    path = f"build?n={share_code.encode(network, training)}" if network else "build"
    bench = Workbench(visit(server, path, **options))
    bench.expect_cards(len(network.layers) if network else 3)
    expect(bench.undo).to_be_visible()
    return bench


def _wider(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.get_by_role("main").evaluate(
        """main => Math.max(
          document.documentElement.scrollWidth - document.documentElement.clientWidth,
          main.scrollWidth - main.clientWidth,
        )"""
    )
    return wider


def test_full_by_hand(lab_server: AppServer, visit: Visit) -> None:
    bench = _build(visit, lab_server)
    bench.start_from("Empty network")
    bench.expect_cards(0)
    expect(bench.train).to_be_disabled()
    bench.number(bench.card(bench.add("Conv2D")), "Filters", 16)
    bench.expect_total("160")
    for kind in ("Conv2D", "MaxPooling2D"):
        bench.add(kind)
    bench.number(bench.card(bench.add("Conv2D")), "Filters", 64)
    bench.expect_total("23,296")
    for kind in ("MaxPooling2D", "Dropout", "Flatten"):
        bench.add(kind)
    bench.number(bench.card(bench.add("Dense")), "Units", 128)
    bench.expect_total("228,224")
    bench.add("Dropout")
    last = bench.add("Dense")
    bench.choose(bench.card(last), "Activation", "softmax")

    bench.expect_total("229,514")
    expect(bench.train).to_be_enabled()
    expect(bench.page.get_by_role("alert")).to_have_count(0)
    rows = bench.overview.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(11)
    for index, cells in enumerate(FULL_SHAPES):
        expect(rows.nth(index).get_by_role("cell")).to_contain_text([*cells, "", "", ""])
    expect(rows.nth(10)).to_contain_text("229,514")
    bench.expect_link(lambda network, training: network == FULL.replace(name=""))


def test_reload_and_page_switch_lose_no_field(lab_server: AppServer, visit: Visit) -> None:
    bench = _build(visit, lab_server)
    card = bench.card(0)
    bench.number(card, "Kernel size", 5)
    bench.expect_total("62,858")
    bench.choose(card, "Activation", "tanh")
    settings = bench.tab("Settings")
    bench.choose(settings, "Optimizer", "SGD")
    bench.number(settings, "Epochs", 7)
    changed = Conv2D(filters=8, kernel_size=(5, 3), padding="same", activation="tanh")
    bench.expect_link(
        lambda network, training: (network.layers[0], training.optimizer, training.epochs) == (changed, "SGD", 7)
    )

    def see_all() -> None:
        expect(card.get_by_role("spinbutton", name="Kernel size", exact=True)).to_have_value("5")
        expect(card.get_by_role("spinbutton", name="Kernel size, width")).to_have_value("3")
        expect(card.get_by_role("combobox", name="Activation")).to_have_value("tanh")
        bench.expect_total("62,858")
        settings = bench.tab("Settings")
        expect(settings.get_by_role("combobox", name="Optimizer")).to_have_value("SGD")
        expect(settings.get_by_role("spinbutton", name="Epochs", exact=True)).to_have_value("7")

    bench.page.reload()
    see_all()
    bench.lab.settle()
    navigation = bench.page.get_by_role("navigation")
    navigation.get_by_role("link", name="Train").click()
    expect(bench.lab.main.get_by_role("heading", level=1)).to_have_text("Train")
    expect(bench.page.get_by_role("spinbutton", name="Epochs", exact=True)).to_have_value("7")
    bench.lab.settle()
    navigation.get_by_role("link", name="Build").click()
    expect(bench.lab.main.get_by_role("heading", level=1)).to_have_text("Build")
    see_all()


def test_shared_link_opens_in_another_browser(lab_server: AppServer, visit: Visit) -> None:
    bench = _build(visit, lab_server, FULL)
    bench.number(bench.card(0), "Filters", 20)
    bench.expect_total("230,706")
    bench.number(bench.tab("Settings"), "Epochs", 4)
    bench.expect_link(lambda network, training: training.epochs == 4)
    code = bench.tab("Share").get_by_test_id("stCode").locator("code")
    wait_until(lambda: "?n=" in code.inner_text() and _shared(code.inner_text())[1].epochs == 4)
    shared = code.inner_text().strip()
    assert shared.startswith(f"{lab_server.url}/build?n=")

    other = Workbench(visit(lab_server, shared.removeprefix(lab_server.url), locale="en-GB"))
    other.expect_total("230,706")
    other.expect_cards(10)
    expect(other.card(0).get_by_role("spinbutton", name="Filters")).to_have_value("20")
    expect(other.tab("Settings").get_by_role("spinbutton", name="Epochs", exact=True)).to_have_value("4")


def test_a_mistake_is_on_its_card_and_mended_there(lab_server: AppServer, visit: Visit) -> None:
    bench = _build(visit, lab_server)
    bench.start_from(re.compile(r"\(full\)$"))
    bench.expect_total("229,514")
    bench.choose(bench.page.get_by_role("main"), "Data", "Tiny digits, 8×8")
    bench.mend(bench.card(3), "3×3 is larger than its input of 2×2", "Use “same” padding", "32,906")


def test_downloads(lab_server: AppServer, visit: Visit, tmp_path: Path) -> None:
    bench = _build(visit, lab_server, FULL)
    code = bench.tab("Keras code")
    script = bench.download(code.get_by_role("button", name="Script (.py)"), tmp_path)
    assert script.name == "full.py"
    compile(script.read_text(), script.name, "exec")
    assert 'Dense(units=10, activation="softmax")' in script.read_text()
    notebook = bench.download(code.get_by_role("button", name="Notebook (.ipynb)"), tmp_path)
    assert notebook.name == "full.ipynb"
    content = json.loads(notebook.read_text())
    assert content["nbformat"] == 4
    assert any("model.fit(" in "".join(cell["source"]) for cell in content["cells"])
    saved = bench.download(bench.tab("Share").get_by_role("button", name="Network (.json)"), tmp_path)
    assert saved.name == "full.json"
    assert NetworkSpec.from_json(saved.read_text()) == FULL

    expect(bench.overview.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    png = bench.download(bench.overview.get_by_role("button", name="PNG ↓"), tmp_path)
    assert png.name == "full.png"
    assert png.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert png.read_bytes().endswith(b"IEND\xaeB`\x82")
    svg = bench.download(bench.overview.get_by_role("button", name="SVG ↓"), tmp_path)
    assert svg.name == "full.svg"
    assert svg.read_text().startswith("<svg")
    assert "Conv2D" in svg.read_text()


def test_narrow_screen(lab_server: AppServer, visit: Visit) -> None:
    bench = _build(visit, lab_server, FULL, viewport={"width": 390, "height": 844})
    for name, there in (
        ("Summary", "table"),
        ("Keras code", "[data-testid=stCode]"),
        ("Share", "[data-testid=stFileUploader]"),
        ("Settings", "[class*='-snapshots']"),
    ):
        expect(bench.tab(name).locator(there).first).to_be_visible()
        wait_until(lambda: _wider(bench.page) <= 0)
    bench.lab.settle()
    # A card's menus stand in one row, however long its title is.
    boxes = [bench.card(0).locator(f"[class*='-0-{name} ']").bounding_box() for name in ("more", "add", "act")]
    assert len({box["y"] + box["height"] / 2 for box in boxes if box}) == 1 and all(boxes)
    bench.act(6, "Remove")
    expect(bench.card(6).get_by_role("alert")).to_be_visible()
    wait_until(lambda: _wider(bench.page) <= 0)
