"""Choices: what the settings say is what the run gets; a page switch keeps them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from cnnlab.settings import Settings
from cnnlab.training.spec import Augmentation, TrainingSpec
from tests.browser.conftest import Visit
from tests.browser.lab_page import LOOK_MS, LabPage
from tests.browser.server import AppServer


def _settings_shown(page: LabPage) -> dict[str, str]:
    """What the Settings tab of the run shows."""
    page.settle()
    page.main.get_by_role("tab", name="Settings").click()
    expect(page.main.get_by_role("columnheader", name="Setting")).to_be_visible()
    lines = page.main.get_by_role("row").filter(has=page.page.locator("code"))
    shown = (line.get_by_role("cell").first.inner_text().split(": ", 1) for line in lines.all())
    return dict(shown)


def test_settings_reach_the_run(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.number("Epochs", 3)
    page.number("Batch size", 50)
    page.settle()
    page.main.get_by_role("button", name="More settings").click()
    page.choose("Optimizer", "SGD")
    page.number("Learning rate", 0.05)
    page.number("Momentum", 0.9)
    page.number("Training images", 1000)
    page.page.keyboard.press("Escape")
    run = page.start()
    page.expect_state("finished")

    page.expect_points(run, 3)
    expect(
        page.main.get_by_text("MNIST, 5,000 digits · SGD · learning rate 0.05, cosine · batch size 50")
    ).to_be_visible()
    shown = _settings_shown(page)
    expected = {
        "Epochs": "3",
        "Batch size": "50",
        "Optimizer": "SGD",
        "Learning rate": "0.05",
        "Momentum": "0.9",
        "Training images": "1000",
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["Classes"] == "–"
    fields = {**TrainingSpec.model_fields, **Augmentation.model_fields}
    assert set(shown) == {field.title for name, field in fields.items() if name not in ("version", "augmentation")}


def test_augmentation_and_classes_are_seen_before_they_are_trained_with(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.number("Epochs", 1)
    page.settle()
    page.main.get_by_role("button", name="More settings").click()
    page.key("schedule").locator(".js-plotly-plot").wait_for()

    # A plateau is for a constant learning rate. (A list that is opened while the popover scrolls closes again.)
    plateau = page.page.get_by_text("Reduce learning rate", exact=True)
    for schedule, there in (("constant", 1), ("cosine", 0)):
        page.page.get_by_role("combobox", name="Schedule", exact=True).scroll_into_view_if_needed()
        page.choose("Schedule", schedule)
        expect(plateau).to_have_count(there)

    page.settle()
    page.key("augmentation").locator("summary").click()
    expect(page.page.get_by_text("the network sees the same images in every epoch")).to_be_visible()
    shift = page.page.get_by_role("spinbutton", name="Shift", exact=True)
    page.settle()
    shift.fill("0.2")
    shift.press("Enter")
    samples = page.key("augmented").locator(".js-plotly-plot")
    expect(samples).to_be_visible(timeout=LOOK_MS)
    page.settle()
    before = samples.evaluate("node => node.data[0].source")
    page.key("augment-again").get_by_role("button").click()
    page.page.wait_for_function(
        "before => document.querySelector('.st-key-augmented .js-plotly-plot')?.data?.[0]?.source !== before",
        arg=before,
    )
    page.settle()

    alone = page.page.get_by_role("alert").filter(has_text="There is nothing to distinguish")
    # Typed, not clicked: after a choice the list stays open, or is closed by the page's answer.
    classes = page.page.get_by_role("combobox", name="Classes", exact=True)
    classes.fill("3")
    classes.press("Enter")
    expect(alone).to_be_visible()
    page.settle()
    classes.fill("8")
    classes.press("Enter")
    expect(alone).to_have_count(0)
    expect(classes).to_be_visible()
    page.settle()
    # The first closes the list, if it is open.
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Escape")
    expect(page.page.get_by_test_id("stPopoverBody")).to_have_count(0)
    run = page.start()
    page.expect_state("finished")
    page.see_points(run)
    shown = _settings_shown(page)
    assert (shown["Shift"], shown["Rotation"], shown["Schedule"]) == ("0.2", "0.0", "cosine")
    assert shown["Classes"] == "3, 8"


def test_network_brings_its_settings_and_a_page_switch_keeps_choices(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.choose_anew("Network", "mlp-sigmoid")
    expect(page.page.get_by_role("spinbutton", name="Epochs")).to_have_value("10")
    page.number("Epochs", 7)
    page.settle()
    page.main.get_by_role("button", name="More settings").click()
    page.choose("Optimizer", "RMSprop")
    page.page.keyboard.press("Escape")

    page.settle()
    navigation = page.page.get_by_role("navigation")
    navigation.get_by_role("link", name="Home").click()
    expect(page.main.get_by_role("heading", level=1)).to_have_text("CNN Lab")
    page.settle()
    navigation.get_by_role("link", name="Train").click()

    expect(page.main.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.page.get_by_role("spinbutton", name="Epochs")).to_have_value("7")
    expect(page.page.get_by_role("combobox", name="Network")).to_have_value(re.compile("mlp-sigmoid"))
    page.settle()
    page.main.get_by_role("button", name="More settings").click()
    expect(page.page.get_by_role("combobox", name="Optimizer")).to_have_value("RMSprop")


def test_page_switch_comes_back_to_the_run(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    run = page.start_and_see(1000)
    page.settle()
    navigation = page.page.get_by_role("navigation")
    navigation.get_by_role("link", name="Home").click()
    expect(page.key(f"open-{run}")).to_be_visible()
    page.settle()
    navigation.get_by_role("link", name="Train").click()
    page.see_points(run)
    assert page.run == run
    page.stop()
    page.expect_state("stopped")


def test_data_that_cannot_be_had_is_answered_with_data_that_can(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.choose_anew("Data", "MNIST digits")
    page.number("Epochs", 1)
    page.key("start").get_by_role("button").click()
    alert = page.main.get_by_role("alert")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("MNIST digits is not on this computer and could not be downloaded.")
    expect(alert).to_contain_text(str(lab_server.home / "datasets"))
    expect(alert).to_contain_text("https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz")
    assert Settings.download_seconds < 10
    page.settle()
    page.key("offer").get_by_role("button", name="Train on the built-in digits instead").click()
    page.page.wait_for_url("**run=*")
    page.expect_state("finished")
    expect(page.main.get_by_text("MNIST, 5,000 digits · Adam")).to_be_visible()
    expect(alert).to_have_count(0)
