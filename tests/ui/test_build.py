"""The Build page as a reader uses it, drawn by Streamlit's own test runner on a Lab without workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.export import share_code
from cnnlab.network.layers import LAYERS, BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D, Rescaling
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec

ROOT = Path(__file__).parents[2]
HEAD = (Flatten(), Dense(units=10, activation="softmax"))

pytestmark = pytest.mark.usefixtures("lab")


class Build:
    """The page, in a reader's words."""

    def __init__(self, **parameters: str) -> None:
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
        for name, value in parameters.items():
            self.app.query_params[name] = value
        self.app.run()
        self.app.switch_page("pages/build.py").run()
        self.sound()

    def sound(self) -> Build:
        assert not self.app.exception, self.app.exception
        return self

    @property
    def me(self) -> Any:
        return self.app.session_state["cnnlab"]

    @property
    def kinds(self) -> list[str]:
        return [layer.kind for layer in self.me.network.layers]

    def show(self, network: NetworkSpec, training: TrainingSpec | None = None) -> Build:
        self.me.design(network, training)
        self.app.run()
        return self.sound()

    def press(self, key: str) -> Build:
        self.app.button(key=key).click().run()
        return self.sound()

    def choose(self, ending: str, name: str) -> Build:
        (menu,) = (menu for menu in self.app.menu_button if menu.key and menu.key.endswith(ending))
        menu.click(name).run()
        return self.sound()

    def fields(self, index: int) -> set[str]:
        """The fields on a card, as `kernel_size` and the like."""
        keys = [
            widget.key for widgets in (self.app.number_input, self.app.selectbox, self.app.toggle) for widget in widgets
        ]
        return {key.split(".")[1] for key in keys if key and key.startswith(f"layer-{self.me.edition}-{index}.")}

    def widget(self, widgets: Any, index: int, name: str) -> Any:
        return widgets(key=f"layer-{self.me.edition}-{index}.{name}")

    @property
    def errors(self) -> list[str]:
        return [error.value.replace("\\", "") for error in self.app.error]


@pytest.fixture
def build() -> Build:
    return Build()


def test_the_first_network(build: Build) -> None:
    assert build.me.network == RECIPES["conv-8"].network
    assert [metric.value for metric in build.app.metric] == ["62,810", "62,810", "119,168"]
    assert build.errors == []
    captions = " ".join(caption.value.replace("\\", "") for caption in build.app.caption)
    assert "size (28 - 3 + 2·1) / 1 + 1 = 28" in captions
    assert "size 28·28·8 = 6,272" in captions
    assert "parameters 3·3·1·8 + 8 = 80" in captions
    assert "parameters 6272·10 + 10 = 62,730" in captions
    assert "62,720 multiply-adds" in captions
    assert "**Layer 3:** 99.9% of all parameters are in this layer" in captions
    assert not build.app.button(key="train").disabled


def test_every_kind_of_layer_can_be_added_and_has_its_form(build: Build) -> None:
    build.show(NetworkSpec(layers=HEAD))
    for kind in LAYERS:
        build.choose("-start", kind)
        assert build.kinds[0] == kind and len(build.kinds) == 3
        in_sight = {"filters", "units", "kernel_size", "pool_size", "depth_multiplier", "rate", "stddev", "activation"}
        assert build.fields(0) == set(LAYERS[kind].fields()) & in_sight
        build.press("undo")


def test_what_is_entered_reaches_the_network(build: Build) -> None:
    build.widget(build.app.number_input, 0, "filters").set_value(12)
    build.widget(build.app.selectbox, 0, "activation").set_value("tanh")
    build.app.run()
    build.sound()
    assert build.me.network.layers[0] == Conv2D(filters=12, padding="same", activation="tanh")
    assert build.app.metric[0].value == "94,210"
    build.press("undo")
    assert build.me.network == RECIPES["conv-8"].network
    assert build.widget(build.app.number_input, 0, "filters").value == 8
    build.press("redo")
    assert build.me.network.layers[0] == Conv2D(filters=12, padding="same", activation="tanh")
    assert build.app.button(key="redo").disabled and not build.app.button(key="undo").disabled


def test_a_card_is_moved_duplicated_and_removed(build: Build) -> None:
    build.show(NetworkSpec(layers=(Conv2D(), MaxPooling2D(), *HEAD)))
    build.choose("-0-act", "down")
    assert build.kinds == ["MaxPooling2D", "Conv2D", "Flatten", "Dense"]
    build.choose("-1-act", "duplicate")
    assert build.kinds == ["MaxPooling2D", "Conv2D", "Conv2D", "Flatten", "Dense"]
    build.choose("-0-act", "remove")
    assert build.kinds == ["Conv2D", "Conv2D", "Flatten", "Dense"]
    build.choose("-1-act", "up")
    build.choose("-end", "Dropout")
    build.choose("-0-add", "BatchNormalization")
    assert build.kinds == ["Conv2D", "BatchNormalization", "Conv2D", "Flatten", "Dense", "Dropout"]


def test_a_mistake_is_on_its_card_and_mended_there(build: Build) -> None:
    build.show(NetworkSpec(layers=(Conv2D(filters=4), Dense(units=10, activation="softmax"))))
    (error,) = build.errors
    assert "Layer 2 (Dense): It needs a vector, but receives an image of 26×26×4." in error
    assert build.app.button(key="train").disabled
    # What is above it keeps its shape.
    badges = [text.value for text in build.app.markdown if "blue-badge" in text.value]
    assert [badge for badge in badges if "26×26×4" in badge]
    build.press("mend-1")
    assert build.kinds == ["Conv2D", "Flatten", "Dense"]
    assert build.errors == [] and not build.app.button(key="train").disabled


def test_an_empty_network(build: Build) -> None:
    build.show(NetworkSpec())
    assert "The network has no layers." in build.errors[0]
    assert build.app.info[0].value.startswith("This network is empty.")
    build.press("mend-None")
    assert build.kinds == ["Flatten", "Dense"] and build.errors == []


def test_another_dataset_changes_the_input(build: Build) -> None:
    build.app.selectbox(key=f"dataset-{build.me.edition}").set_value("digits-8x8").run()
    build.sound()
    assert build.me.network.input_shape == (8, 8, 1) and build.me.training.dataset == "digits-8x8"
    assert build.errors == []
    build.app.selectbox(key=f"dataset-{build.me.edition}").set_value("cifar-10").run()
    assert build.sound().me.network.input_shape == (32, 32, 3)


def test_advice_can_be_dismissed(build: Build) -> None:
    build.show(NetworkSpec(layers=(*HEAD[:1], Dense(units=10))))
    assert any("no softmax" in caption.value for caption in build.app.caption)
    build.press("dismiss-softmax-1")
    assert not any("no softmax" in caption.value for caption in build.app.caption)


def test_advice_can_be_followed(build: Build) -> None:
    build.show(NetworkSpec(layers=(Rescaling(scale=1 / 255), *HEAD)))
    assert any("pixels are already 0 to 1" in caption.value.replace("\\", "") for caption in build.app.caption)
    build.press("follow-squeezed-0")
    assert build.kinds == [layer.kind for layer in HEAD]
    assert not any("pixels are already" in caption.value for caption in build.app.caption)


def test_a_link_is_taken_once_and_a_damaged_one_changes_nothing() -> None:
    network, training = NetworkSpec(name="given", layers=HEAD), TrainingSpec(epochs=3)
    code = share_code.encode(network, training)
    assert Build(n=code).me.network == network
    damaged = Build(n=code[:-5])
    assert damaged.me.network == RECIPES["conv-8"].network


def test_values_at_the_edge_are_drawn(build: Build) -> None:
    """A link or file can hold what the widgets would not have let in."""
    odd = BatchNormalization(epsilon=1e-9, momentum=0.99999999)
    build.show(NetworkSpec(layers=(odd, *HEAD)), TrainingSpec(learning_rate=1e-9, momentum=0.99999999))
    build.app.session_state["build-tabs"] = "Settings"
    build.app.run()
    build.sound()
    assert build.me.network.layers[0] == odd


def test_a_full_network_says_so(build: Build) -> None:
    build.show(NetworkSpec(layers=(Conv2D(filters=1, padding="same"),) * (MAX_LAYERS - 1) + HEAD[1:]))
    build.press(f"mend-{MAX_LAYERS - 1}")
    assert any("at most 64 layers" in error for error in build.errors)


def test_a_setting_typed_before_its_tab_is_closed_is_kept(build: Build) -> None:
    build.app.session_state["build-tabs"] = "Settings"
    build.app.run()
    build.app.number_input(key=f"build-training-{build.me.edition}.epochs").set_value(7)
    build.app.session_state["build-tabs"] = "Summary"
    build.app.run()
    build.sound()
    assert build.me.training.epochs == 7
