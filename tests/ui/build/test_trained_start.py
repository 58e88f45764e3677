"""Build with a network that starts from a trained one: choosing it, its locks, its costs, and when it is missing."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cnnlab.export import share_code
from cnnlab.lab.lab import Lab
from cnnlab.network import transfer
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start
from cnnlab.runs import builtin
from cnnlab.runs.origin import may_have_seen
from cnnlab.training.few_images import SUGGESTED, images_per_class, suggested
from cnnlab.training.spec import Augmentation, TrainingSpec
from tests.ui.page import Page

pytestmark = pytest.mark.usefixtures("lab")

NETWORK = builtin.run(builtin.ID).network
BEGUN = transfer.start_from(NETWORK, builtin.ID, (24, 0), (28, 28, 1), 10)
FEW = TrainingSpec(train_size=300)
GONE = BEGUN.replace(start=Start(run="0123456789ab", epoch=3, taken=9, frozen=9))


class Bench(Page):
    """The Build page with a network that starts from the built-in one."""

    def __init__(self, network: NetworkSpec = BEGUN, training: TrainingSpec = FEW) -> None:
        super().__init__("build", n=share_code.encode(network, training))

    @property
    def captions(self) -> str:
        return " ".join(caption.value.replace("\\", "") for caption in self.app.caption)

    @property
    def locks(self) -> list[int]:
        """The layers with a lock."""
        return [int(key.split("-")[2]) for key in self.buttons if key.endswith("-lock")]

    def lock(self, index: int) -> None:
        self.press(f"layer-{self.me.edition}-{index}-lock")

    def list_of(self, beginning: str) -> Any:
        (found,) = (box for box in self.app.selectbox if str(box.key).startswith(beginning))
        return found


def test_any_trained_network_can_be_the_start() -> None:
    bench = Bench(NetworkSpec(layers=(Conv2D(), Flatten(), Dense(activation="softmax"))))
    assert bench.locks == []
    bench.app.session_state["trained"] = True
    bench.run()
    bench.list_of("trained-taken").set_value(8)
    bench.run()
    bench.press("trained-start")
    assert bench.me.network == transfer.start_from(NETWORK, builtin.ID, (24, 0), (28, 28, 1), 10, taken=8)
    assert bench.locks == [0, 1, 2, 3, 5, 6, 7, 8]
    # The whole of it is one step.
    bench.press("undo")
    assert bench.me.network.start is None and len(bench.me.network.layers) == 3


def test_images_of_other_colors_have_an_answer() -> None:
    bench = Bench(NetworkSpec(input_shape=(32, 32, 3), layers=(Flatten(), Dense())), TrainingSpec(dataset="cifar-10"))
    bench.app.session_state["trained"] = True
    bench.run()
    assert "trained on images of 28×28×1, but the dataset has 32×32×3" in bench.app.error[0].value
    assert "trained-start" not in bench.buttons


def test_locks_say_what_is_trained_and_what_it_takes() -> None:
    bench = Bench()
    assert [metric.value for metric in bench.app.metric] == ["198,250", "1,290", "9,888,512"]
    assert "Training changes 1,290 of 198,250 parameters." in bench.captions
    assert "The first 11 layers are computed only once for each image: 99% of the forward pass." in bench.captions
    bench.lock(5)
    assert bench.me.network.frozen == (0, 1, 2, 3)
    assert [metric.value for metric in bench.app.metric][:2] == ["198,250", "188,170"]
    bench.lock(7)
    assert bench.me.network.frozen == (0, 1, 2, 3, 5, 6, 7)
    bench.press("thaw")
    assert bench.me.network.frozen == () and bench.me.network.taken == BEGUN.taken
    assert "It can fit the new images best" in bench.captions
    frozen = bench.list_of("frozen-")
    frozen.set_value(next(choice for choice in transfer.choices(bench.me.network, 300, False) if choice.last == 2))
    bench.run()
    assert bench.me.network.frozen == (0, 1, 2)
    for _ in range(4):
        bench.press("undo")
    assert bench.me.network == BEGUN


def test_a_change_that_loses_weights_is_said_and_undone() -> None:
    bench = Bench()
    bench.app.number_input(key=f"layer-{bench.me.edition}-5.filters").set_value(63)
    bench.run()
    assert bench.me.network.taken == (0, 1, 2, 3)
    bench.run()
    bench.press("undo")
    assert bench.me.network == BEGUN
    bench.press("scratch")
    assert bench.me.network == BEGUN.replace(start=None) and bench.locks == []


def test_a_link_to_a_run_that_is_not_here() -> None:
    bench = Bench(GONE)
    assert "which this Lab does not have" in bench.app.error[0].value
    assert bench.app.button(key="train").disabled
    bench.press("mend-None")
    assert bench.me.network == BEGUN.replace(start=None)
    assert not bench.app.error and not bench.app.button(key="train").disabled


def test_train_says_it_too(lab: Lab) -> None:
    page = Page("train", n=share_code.encode(GONE, FEW))
    assert "which this Lab does not have" in page.app.error[0].value
    page.press("from-scratch")
    assert page.me.network == BEGUN.replace(start=None) and not page.app.error


def test_the_script_comes_with_its_weights() -> None:
    bench = Bench()
    bench.tab("build-tabs", 1)
    assert [button.label for button in bench.app.get("download_button")][-1] == "Weights (.npz)"
    assert 'with np.load("start-weights.npz") as kept:' in bench.app.code[0].value


def test_augmentation_is_suggested_for_few_images() -> None:
    bench = Bench()
    assert "About 24 training images per class are few." in bench.captions
    assert "Frozen layers are then computed in every epoch too." in bench.captions
    bench.press("augment-few")
    assert bench.me.training.augmentation == SUGGESTED
    assert "are few" not in bench.captions
    assert "Augmentation changes the images in every epoch, so all layers are computed" in bench.captions
    assert "augment-few" not in Bench(training=TrainingSpec()).buttons


def test_images_that_the_network_may_have_seen() -> None:
    warning = "It may have been trained on some of your validation and test images"
    assert warning in Bench().captions
    assert warning not in Bench(training=FEW.replace(dataset="fashion-mnist")).captions


@pytest.mark.parametrize(
    ("dataset", "changes", "seen"),
    [
        ("fashion-mnist", {}, False),
        ("fashion-mnist", {"random_state": 7}, True),
        ("fashion-mnist", {"train_size": 300}, True),
        ("digits-8x8", {}, False),
        ("mnist", {}, False),
    ],
)
def test_runs_that_may_have_seen_the_images(dataset: str, changes: dict[str, Any], seen: bool) -> None:
    source = dataclasses.replace(builtin.run(builtin.ID), id="abc", training=TrainingSpec(dataset="fashion-mnist"))
    assert may_have_seen(source, TrainingSpec(dataset=dataset, **changes)) == seen
    digits = dataclasses.replace(source, training=TrainingSpec(dataset="mnist"))
    assert may_have_seen(digits, TrainingSpec(dataset="mnist-5k"))


@pytest.mark.parametrize(
    ("training", "count", "few"),
    [
        (TrainingSpec(), 320, False),
        (TrainingSpec(train_size=1000), 80, True),
        (TrainingSpec(train_size=1000, validation="test"), 100, False),
        (TrainingSpec(train_size=200, classes=(3, 8)), 80, True),
        (TrainingSpec(classes=(3, 8)), 320, False),
        (TrainingSpec(train_size=1000, augmentation=Augmentation(noise=0.1)), 80, False),
    ],
)
def test_what_few_is(training: TrainingSpec, count: int, few: bool) -> None:
    assert images_per_class(training, 4000, 10) == count
    assert (suggested(training, 4000, 10) is not None) == few
