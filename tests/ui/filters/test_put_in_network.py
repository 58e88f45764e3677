"""Kernels put into a network, as a reader does it on the Filters and Build pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec
from cnnlab.training.recipes import RECIPES
from cnnlab.ui.components.kernel_stage.component import Design
from cnnlab.ui.filters.state import FiltersState

ROOT = Path(__file__).parents[3]
HEAD = (Flatten(), Dense(units=10, activation="softmax"))
SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
NOTES = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (-2.0, -2.0, -2.0))
OWN = ((1.0, 2.0, 3.0),)

pytestmark = pytest.mark.usefixtures("lab")


class Page:
    """A page, in a reader's words."""

    def __init__(self, page: str) -> None:
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180).run()
        self.app.switch_page(f"pages/{page}.py").run()
        self.sound()

    def sound(self) -> Page:
        assert not self.app.exception, self.app.exception
        return self

    @property
    def me(self) -> Any:
        return self.app.session_state["cnnlab"]

    def show(self, *layers: object) -> Page:
        self.me.design(NetworkSpec.model_validate({"layers": layers}))
        self.app.run()
        return self.sound()

    def press(self, key: str) -> Page:
        self.app.button(key=key).click().run()
        return self.sound()

    def take(self, preset: str) -> Page:
        """Choose a preset on the stage for kernels, which is in the browser."""
        self.me.rooms[FiltersState].design = Design(preset=preset, kernel=KERNELS[preset].weights)
        self.app.run()
        return self.sound()

    def buttons(self) -> set[str]:
        return {
            button.key.removeprefix("transplant-") for button in self.app.button if "transplant-" in str(button.key)
        }

    def says(self, text: str) -> bool:
        shown = [one.value for many in (self.app.markdown, self.app.caption, self.app.info) for one in many]
        return any(text in value.replace("\\", "") for value in shown)


@pytest.fixture
def filters() -> Page:
    page = Page("filters")
    page.app.session_state["transplant"] = True
    page.app.run()
    return page.sound()


def test_a_closed_panel_is_not_drawn() -> None:
    assert Page("filters").buttons() == set()


def test_a_kernel_is_added_frozen_and_taken_out(filters: Page) -> None:
    assert filters.buttons() == {"add", "build"}
    filters.press("transplant-add")
    first = RECIPES["conv-8"].network.layers[0]
    assert filters.me.network.layers[0] == first.model_copy(update={"kernels": (NOTES,)})
    assert filters.says("Initial kernels: Horizontal edges (study notes)")
    assert filters.says("This layer already starts with this kernel.")
    assert filters.buttons() == {"out", "build", "train"}

    filters.take("sobel-vertical")
    filters.press("transplant-add")
    (toggle,) = (toggle for toggle in filters.app.toggle if "transplant-frozen" in str(toggle.key))
    toggle.set_value(True).run()
    layer = filters.sound().me.network.layers[0]
    assert (layer.kernels, layer.trainable) == ((NOTES, SOBEL), False)
    assert filters.says("frozen] Initial kernels: Horizontal edges (study notes); Sobel, vertical edges")

    filters.press("transplant-out")
    assert filters.me.network == RECIPES["conv-8"].network
    assert not filters.says("Initial kernels")
    # Each step can be undone in Build.
    filters.me.edits.undo()
    assert filters.me.network.layers[0] == layer


def test_a_kernel_goes_into_the_layer_that_was_chosen(filters: Page) -> None:
    filters.show(Conv2D(filters=2), Conv2D(filters=3), *HEAD)
    assert filters.app.selectbox(key="transplant-layer").options == ["conv2d", "conv2d_1"]
    filters.app.selectbox(key="transplant-layer").set_value(1).run()
    filters.press("transplant-add")
    assert [getattr(layer, "kernels", ()) for layer in filters.me.network.layers[:2]] == [(), (NOTES,)]
    assert filters.app.selectbox(key="transplant-layer").value == 1
    # It has gone meanwhile.
    filters.show(Conv2D(filters=2), *HEAD)
    assert filters.app.selectbox(key="transplant-layer").value == 0


def test_a_kernel_without_room_is_answered_in_place(filters: Page) -> None:
    filters.show(Conv2D(filters=1, kernel_size=2, kernels=()), *HEAD)
    (error,) = filters.app.error
    assert "A 3×3 kernel cannot be centered in a kernel size of 2×2" in error.value.replace("\\", "")
    assert filters.buttons() == {"room", "build"}
    filters.press("transplant-room")
    assert filters.me.network.layers[0] == Conv2D(filters=1, kernel_size=(3, 3), kernels=(NOTES,))
    assert not filters.app.error
    filters.take("gaussian-5")
    assert "for 1 filter; expected at most one per filter" in filters.sound().app.error[0].value
    filters.press("transplant-room")
    layer = filters.me.network.layers[0]
    assert (layer.filters, layer.kernel_size, len(layer.kernels)) == (2, (5, 5), 2)


def test_a_network_that_is_full_of_kernels_says_so(filters: Page) -> None:
    large = tuple(((float(number),) * 8,) * 8 for number in range(1, 9))
    filters.show(Conv2D(), Conv2D(kernel_size=8, kernels=large), *HEAD)
    (error,) = filters.app.error
    assert "at most 512 weights in total" in error.value and "add" not in filters.buttons()


def test_a_network_without_a_convolution_says_so(filters: Page) -> None:
    filters.show(*HEAD)
    assert filters.says("The network in Build has no Conv2D layer to add the kernel to.")
    assert filters.buttons() == {"build"}
    filters.press("transplant-build")
    assert [title.value for title in filters.app.title] == ["Build"]


def test_on_to_training(filters: Page) -> None:
    filters.press("transplant-add").press("transplant-train")
    assert [title.value for title in filters.app.title] == ["Train"]


@pytest.fixture
def build() -> Page:
    return Page("build")


def card(build: Page, widgets: Any, index: int, name: str) -> Any:
    """The widget of a field on a card, whose popover is open."""
    build.me.opened.add(f"layer-{build.me.edition}-{index}")
    build.app.run()
    build.sound()
    (found,) = (one for one in widgets() if str(one.key).startswith(f"layer-{build.me.edition}-{index}.{name}"))
    return found


def test_the_card_says_what_a_layer_begins_with(build: Page) -> None:
    assert not build.says("Initial kernels") and not build.says("frozen")
    build.show(Conv2D(kernels=(OWN, SOBEL), trainable=False), *HEAD)
    assert build.says("frozen] Initial kernels: Custom kernel 1; Sobel, vertical edges")
    # Its weights count all the same, but not as trainable.
    assert [metric.value for metric in build.app.metric[:2]] == ["216,650", "216,330"]
    build.show(Conv2D(trainable=False), *HEAD)
    assert build.says("frozen") and not build.says("Initial kernels")


def test_kernels_are_chosen_on_the_card(build: Page) -> None:
    build.show(Conv2D(kernels=(OWN,)), *HEAD)
    kernels = card(build, lambda: build.app.multiselect, 0, "kernels")
    assert kernels.options[:2] == ["Horizontal edges (study notes)", "Vertical edges (study notes)"]
    assert kernels.options[-1] == "Custom kernel 1" and "Gaussian smoothing, 5×5" not in kernels.options
    kernels.select(kernels.options.index("Sobel, vertical edges")).run()
    assert build.sound().me.network.layers[0] == Conv2D(kernels=(OWN, SOBEL))
    card(build, lambda: build.app.toggle, 0, "trainable").set_value(False).run()
    assert build.sound().me.network.layers[0] == Conv2D(kernels=(OWN, SOBEL), trainable=False)
    kernels = card(build, lambda: build.app.multiselect, 0, "kernels")
    kernels.unselect(kernels.options.index("Custom kernel 1")).run()
    assert build.sound().me.network.layers[0] == Conv2D(kernels=(SOBEL,), trainable=False)
    # A person's own can be had back by undoing only, and is not offered any more.
    assert "Custom kernel 1" not in card(build, lambda: build.app.multiselect, 0, "kernels").options
    build.press("undo")
    assert build.me.network.layers[0].kernels == (OWN, SOBEL)


def test_own_kernels_are_not_mixed_up_when_one_goes(build: Page) -> None:
    other = ((7.0,),)
    build.show(Conv2D(kernels=(OWN, other)), *HEAD)
    kernels = card(build, lambda: build.app.multiselect, 0, "kernels")
    kernels.unselect(kernels.options.index("Custom kernel 1")).run()
    assert build.sound().me.network.layers[0] == Conv2D(kernels=(other,))
    assert card(build, lambda: build.app.multiselect, 0, "kernels").value == [15]
    assert build.me.network.layers[0] == Conv2D(kernels=(other,))


def test_another_size_leaves_the_kernels_to_be_mended(build: Page) -> None:
    build.show(Conv2D(kernels=(SOBEL,)), *HEAD)
    card(build, lambda: build.app.multiselect, 0, "kernels")
    for axis in (0, 1):
        build.app.number_input(key=f"layer-{build.me.edition}-0.kernel_size.{axis}").set_value(2)
    build.app.run()
    assert build.sound().me.network.layers[0] == Conv2D(kernel_size=(2, 2), kernels=(SOBEL,))
    assert "cannot be centered in a kernel size of 2×2" in build.app.error[0].value.replace("\\", "")
    assert build.app.button(key="train").disabled
    build.press("mend-0")
    assert build.me.network.layers[0] == Conv2D(kernels=(SOBEL,)) and not build.app.error


def test_more_numbers_than_a_network_holds_are_refused_on_the_page(build: Page) -> None:
    large = tuple(((float(number),) * 8,) * 8 for number in range(1, 9))
    network = build.show(Conv2D(), Conv2D(kernel_size=8, kernels=large), *HEAD).me.network
    kernels = card(build, lambda: build.app.multiselect, 0, "kernels")
    kernels.select(kernels.options.index("Laplacian")).run()
    assert build.sound().me.network == network
    assert "at most 512 weights in total" in build.app.error[0].value
    (menu,) = (menu for menu in build.app.menu_button if str(menu.key).endswith("-1-act"))
    menu.click("duplicate").run()
    assert build.sound().me.network == network


def test_duplicating_in_a_full_network_says_so(build: Page) -> None:
    build.show(*[Conv2D(filters=1, padding="same")] * (MAX_LAYERS - 2), *HEAD)
    (menu,) = (menu for menu in build.app.menu_button if str(menu.key).endswith("-0-act"))
    menu.click("duplicate").run()
    assert any("at most 64 layers" in error.value for error in build.sound().app.error)
