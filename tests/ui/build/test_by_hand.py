"""The Build page, step by step: mistakes and their remedies, undo and redo, keeping and bringing in networks."""

from __future__ import annotations

from typing import Any

import pytest

from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.recipes import RECIPES, for_dataset
from tests.ui.page import Page

FULL = RECIPES["full"].network


class Bench(Page):
    """The Build page with a network on it."""

    def __init__(self, network: NetworkSpec | None = None) -> None:
        super().__init__("build")
        if network:
            self.show(network)

    def show(self, network: NetworkSpec) -> None:
        self.me.design(network, for_dataset(RECIPES["full"].training, "mnist-5k"))
        self.run()

    def open_share(self) -> None:
        self.app.session_state["build-tabs"] = self.app.get("tab_container")[0].children[2].label
        self.run()

    def bring_in(self, text: str, file: str = "") -> None:
        """Paste a network, or choose its file."""
        self.open_share()
        self.app.text_area[0].set_value(text)
        if file:
            self.app.file_uploader[0].set_value(("network.json", file.encode(), "application/json"))
        (enter,) = (button for button in self.app.button if button.form_id == "bring-in")
        enter.click()
        self.run()

    @property
    def total(self) -> str:
        return str(self.app.metric[0].value)

    def field(self, index: int, name: str) -> Any:
        return self.app.number_input(key=f"layer-{self.me.edition}-{index}.{name}")

    def enter(self, index: int, name: str, value: int) -> None:
        self.field(index, name).set_value(value)
        self.run()

    def choose(self, ending: str, option: str) -> None:
        """Pick from a card's menu."""
        (menu,) = (menu for menu in self.app.menu_button if str(menu.key).endswith(ending))
        menu.click(option)
        self.run()

    def mend(self, place: int | None, problem: str, total: str) -> None:
        """See one mistake, press the button that is offered for it, and see that all is well."""
        (error,) = self.app.error
        assert problem in error.value.replace("\\", "")
        assert self.app.button(key="train").disabled
        self.press(f"mend-{place}")
        assert not self.app.error and not self.app.button(key="train").disabled
        assert self.total == total


@pytest.fixture
def bench(lab: Lab) -> Bench:
    return Bench()


@pytest.fixture
def full(lab: Lab) -> Bench:
    found = Bench(FULL)
    assert found.total == "229,514"
    return found


def test_no_flatten(full: Bench) -> None:
    full.choose("-6-act", "remove")
    full.mend(6, "It needs a vector", "229,514")


def test_a_wrong_number_of_outputs(full: Bench) -> None:
    full.enter(9, "units", 7)
    full.mend(9, "outputs 7; expected a vector of 10", "229,514")


def test_no_output_layer(full: Bench) -> None:
    full.choose("-9-act", "remove")
    full.mend(8, "outputs 128; expected a vector of 10", "229,514")


def test_a_convolution_on_a_vector(full: Bench) -> None:
    full.choose("-6-add", "Conv2D")
    full.mend(7, "It needs an image", "229,514")


def test_a_window_larger_than_its_input(full: Bench) -> None:
    full.enter(3, "kernel_size.0", 13)
    full.mend(3, "13×3 is larger than its input of 12×12", "381,066")


def test_strides_with_a_dilation(full: Bench) -> None:
    full.show(FULL.replace(layers=(Conv2D(filters=16, strides=(2, 2), dilation_rate=(2, 2)), *FULL.layers[1:])))
    full.mend(0, "dilation", full_total_with_strides())


def full_total_with_strides() -> str:
    """The maps are 13×13 instead of 26×26: 11×11, 5×5, 3×3 and 1×1 after the others; 64 numbers for 128 units."""
    return f"{160 + 4_640 + 18_496 + 64 * 128 + 128 + 1_290:,}"


def test_mistakes_of_the_whole_network(lab: Lab) -> None:
    Bench(FULL.replace(input_shape=(32, 32, 3))).mend(None, "expects images of 32×32×3", "229,514")
    Bench(NetworkSpec()).mend(None, "The network has no layers.", "7,850")


def test_ten_steps_back_and_forth(bench: Bench) -> None:
    assert bench.app.button(key="undo").disabled and bench.app.button(key="redo").disabled
    # One filter is 10 numbers of its own, and 28·28 for each of the ten units of Dense.
    totals = [f"{10 * filters + 7840 * filters + 10:,}" for filters in range(8, 19)]
    assert (totals[0], totals[-1]) == (bench.total, "141,310")
    for filters, total in enumerate(totals[1:], 9):
        bench.enter(0, "filters", filters)
        assert bench.total == total
    for total in totals[-2::-1]:
        bench.press("undo")
        assert bench.total == total
    assert bench.app.button(key="undo").disabled
    for total in totals[1:]:
        bench.press("redo")
        assert bench.total == total
    assert bench.app.button(key="redo").disabled and bench.field(0, "filters").value == 18


def test_other_data_give_the_network_their_shape(bench: Bench) -> None:
    bench.app.selectbox(key=f"dataset-{bench.me.edition}").set_value("digits-8x8")
    bench.run()
    assert bench.total == "5,210" and "8×8×1" in bench.text and not bench.app.button(key="train").disabled


def test_kept_under_a_name_and_begun_from_by_somebody_else(bench: Bench) -> None:
    bench.enter(0, "filters", 11)
    bench.open_share()
    bench.app.text_input(key="save-name").set_value("eleven *filters*")
    bench.press("save")
    assert len(bench.app.toast) == 1

    other = Bench()
    start = other.app.menu_button(key="start-from")
    start.click_index(next(k for k, option in enumerate(start.options) if "eleven" in option))
    other.run()
    assert (other.total, other.me.network.name) == ("86,360", "eleven *filters*")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("{", "This is not JSON"),
        ('{"layers": [{"kind": "Dense", "units": 0}]}', "“units” should be at least 1; received 0"),
        ('{"layers": [{"kind": "Conv3D"}]}', "received"),
    ],
)
def test_what_is_no_network_is_not_brought_in(bench: Bench, text: str, answer: str) -> None:
    bench.bring_in(text)
    assert answer in bench.app.error[0].value.replace("\\", "") and bench.total == "62,810"


def test_a_network_is_brought_in_as_text_and_as_a_file(bench: Bench) -> None:
    bench.bring_in(FULL.to_json())
    assert bench.total == "229,514" and not bench.app.error
    small = NetworkSpec(name="small", layers=(Flatten(), Dense(units=10, activation="softmax")))
    bench.bring_in("", small.to_json())
    assert bench.total == "7,850"


@pytest.mark.parametrize("code", ["no-network", "eJyrVkrLz1eyUkpKLFKqBQAf", ""])
def test_a_damaged_link_is_answered(lab: Lab, code: str) -> None:
    page = Page("build", n=code)
    assert len(page.app.error) == bool(code) and page.app.metric[0].value == "62,810"
    assert not page.app.button(key="train").disabled
