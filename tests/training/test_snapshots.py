"""Which moments a run keeps, that their files are whole, and that they hold what the model's weights were."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.datasets import Dataset, load
from cnnlab.errors import CNNLabError
from cnnlab.network.layers import BatchNormalization, Dropout
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import probe_images, snapshots
from cnnlab.training.callbacks.reporting import SnapshotKeeper, weights_of
from cnnlab.training.control import Control
from cnnlab.training.snapshots import FIRST_BATCHES, MAX_BYTES, Moment, Weights, plan_moments
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train

SPEC = TrainingSpec(dataset="digits-8x8", epochs=3)
GONE = r"^The weights of this snapshot are missing or damaged\. Choose another snapshot"


def plan(steps: int, parameters: int, **changes: Any) -> list[tuple[int, int]]:
    return sorted(tuple(moment) for moment in plan_moments(SPEC.replace(**changes), steps, parameters))


def test_plans_by_hand() -> None:
    assert plan(32, 1000) == [
        *((0, step) for step in (0, 1, 2, 3, 4, 6, 8, 10, 13, 18, 24)),
        *((1, 0), (2, 0), (3, 0)),
    ]
    assert plan(1, 1000) == plan(32, 1000, snapshots="epochs") == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert plan(2, 1000)[:3] == [(0, 0), (0, 1), (1, 0)]
    assert plan(32, 1000, snapshots="none") == []
    assert plan(32, 10_000_000_000) == [(0, 0), (3, 0)]
    # Room for six: 4 bytes a number.
    assert plan(32, MAX_BYTES // 24, epochs=10) == [(0, 0), (2, 0), (4, 0), (6, 0), (8, 0), (10, 0)]
    assert plan(32, MAX_BYTES // 24, epochs=11) == [(0, 0), (3, 0), (6, 0), (9, 0), (11, 0)]
    assert plan(32, MAX_BYTES // 24, epochs=5) == [(k, 0) for k in range(6)]


@given(
    st.integers(1, 1000), st.integers(1, 60_000), st.integers(0, 50_000_000), st.sampled_from(["all", "epochs", "none"])
)
@settings(max_examples=300)
def test_any_plan_has_bounds(epochs: int, steps: int, parameters: int, which: str) -> None:
    moments = plan(steps, parameters, epochs=epochs, snapshots=which)
    if which == "none":
        assert moments == []
        return
    assert len(moments) <= 2 or len(moments) * parameters * 4 <= MAX_BYTES
    assert {(0, 0), (epochs, 0)} <= set(moments)
    early = [step for epoch, step in moments if step]
    assert all(epoch == 0 for epoch, step in moments if step)
    assert len(early) <= FIRST_BATCHES and all(0 < step < steps for step in early)
    if which == "epochs":
        assert early == []
    if len(early) == FIRST_BATCHES:
        assert sum(step <= steps**0.5 for step in early) >= FIRST_BATCHES / 2
    whole = [epoch for epoch, step in moments if not step]
    assert len(set(np.diff(whole[:-1]))) <= 1  # evenly, but for the last one


WEIGHTS: Weights = {
    "conv2d": (np.arange(6, dtype=np.float32).reshape(1, 2, 3), np.ones(3, np.float32)),
    "a.name_1": tuple(np.full(k, k, np.float32) for k in range(12)),
}


def assert_same(one: Weights, other: Weights) -> None:
    assert list(one) == list(other)
    for name, arrays in one.items():
        assert len(arrays) == len(other[name])
        for left, right in zip(arrays, other[name], strict=True):
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)


def test_what_is_kept_is_read(tmp_path: Path) -> None:
    assert snapshots.moments(tmp_path) == []
    assert snapshots.total_bytes(tmp_path) == 0
    for moment in (Moment(3), Moment(0, 12), Moment(0), Moment(1000), Moment(0, 60_000)):
        snapshots.save(tmp_path, moment, WEIGHTS)
        assert_same(snapshots.read(tmp_path, moment), WEIGHTS)
    assert snapshots.moments(tmp_path) == [(0, 0), (0, 12), (0, 60_000), (3, 0), (1000, 0)]
    assert snapshots.total_bytes(tmp_path) == sum(path.stat().st_size for path in (tmp_path / "snapshots").iterdir())
    snapshots.save_if_missing(tmp_path, Moment(3), {})
    assert_same(snapshots.read(tmp_path, Moment(3)), WEIGHTS)
    snapshots.save(tmp_path, Moment(3), {})
    assert snapshots.read(tmp_path, Moment(3)) == {}


def test_a_file_that_was_not_finished_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots.save(tmp_path, Moment(1), WEIGHTS)

    def full(path: Path, **arrays: np.ndarray) -> None:
        path.write_bytes(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    for moment in (Moment(1), Moment(2)):
        with pytest.raises(OSError, match="no space left"):
            snapshots.save(tmp_path, moment, {})
    assert snapshots.moments(tmp_path) == [(1, 0)]
    assert_same(snapshots.read(tmp_path, Moment(1)), WEIGHTS)


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(CNNLabError, match=GONE):
        snapshots.read(tmp_path / "gone", Moment(1))
    snapshots.save(tmp_path, Moment(1), WEIGHTS)
    with pytest.raises(CNNLabError, match=GONE):
        snapshots.read(tmp_path, Moment(1, 1))
    path = tmp_path / "snapshots" / Moment(1).file
    whole = path.read_bytes()
    for damaged in (b"", b"x", whole[:100], whole[:-30], whole.replace(b"NUMPY", b"LUMPY")):
        path.write_bytes(damaged)
        with pytest.raises(CNNLabError, match=GONE):
            snapshots.read(tmp_path, Moment(1))


def test_damage_anywhere_in_a_file_is_said(tmp_path: Path) -> None:
    snapshots.save(tmp_path, Moment(1), {"conv2d": WEIGHTS["conv2d"]})
    path = tmp_path / "snapshots" / Moment(1).file
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            snapshots.read(tmp_path, Moment(1))
        except CNNLabError:
            refused += 1
    assert refused > len(whole) / 2  # the rest are dates, lengths of comments and the like


def test_the_images_of_a_run_are_never_there_by_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = load("digits-8x8")
    assert probe_images.read(tmp_path) is None
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError))
    with pytest.raises(OSError):
        probe_images.save(tmp_path, digits)
    assert probe_images.read(tmp_path) is None
    monkeypatch.undo()
    probe_images.save(tmp_path, digits)
    images, labels = probe_images.read(tmp_path) or (np.zeros(0), np.zeros(0))
    np.testing.assert_array_equal(images, digits.x_test[:96])
    np.testing.assert_array_equal(labels, digits.y_test[:96])


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[Moment, Weights]:
    """Every batch's and every epoch's weights, as Keras's own callbacks meet them, beside those that are kept."""
    every: dict[Moment, Weights] = {}

    class Watching(SnapshotKeeper):
        def _note(self, moment: Moment) -> None:
            every[moment] = {name: tuple(map(np.copy, arrays)) for name, arrays in weights_of(self.model).items()}

        def on_train_begin(self, logs: Any = None) -> None:
            super().on_train_begin(logs)
            self._note(Moment(self._epoch))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            super().on_train_batch_end(batch, logs)
            if self._epoch == 0:
                self._note(Moment(0, batch + 1))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epoch, logs)
            self._note(Moment(epoch + 1))

    monkeypatch.setattr("cnnlab.training.train.SnapshotKeeper", Watching)
    return every


def assert_kept(folder: Path, seen: dict[Moment, Weights], expected: set[tuple[int, int]]) -> None:
    assert set(snapshots.moments(folder)) == expected
    for moment in snapshots.moments(folder):
        assert_same(snapshots.read(folder, moment), seen[moment])


def after(asks: int) -> Callable[[], Control]:
    """Stop after so many questions: one at first, and 8 in an epoch of the quick run, the last at its end."""
    questions = iter(range(asks))
    return lambda: Control(stop=next(questions, None) is None)


def test_a_run_keeps_what_was_planned(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path, seen: dict[Moment, Weights]
) -> None:
    network = tiny.replace(layers=(tiny.layers[0], BatchNormalization(), Dropout(), *tiny.layers[1:]))
    trained = train(network, quick, digits, folder=tmp_path)
    assert_kept(tmp_path, seen, {(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (2, 0)})
    last = snapshots.read(tmp_path, Moment(2))
    assert list(last) == ["conv2d", "batch_normalization", "dense"]
    assert_same(last, weights_of(trained.model))
    assert not np.array_equal(last["dense"][0], snapshots.read(tmp_path, Moment(1))["dense"][0])


def test_a_stopped_and_resumed_run_keeps_all_the_same(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path, seen: dict[Moment, Weights]
) -> None:
    spec = quick.replace(epochs=3)
    train(tiny, spec, digits, control=after(3), folder=tmp_path)  # within the first epoch
    assert_kept(tmp_path, seen, {(0, 0), (0, 1), (0, 2), (0, 3)})
    train(tiny, spec, digits, control=after(11), folder=tmp_path)  # within the second one
    early = {(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)}
    assert_kept(tmp_path, seen, early | {(1, 0)})
    first = keras.saving.load_model(tmp_path / "checkpoint-0001.keras")
    assert_same(snapshots.read(tmp_path, Moment(1)), weights_of(first))
    train(tiny, spec, digits, folder=tmp_path)
    assert_kept(tmp_path, seen, early | {(1, 0), (2, 0), (3, 0)})


def test_the_epoch_that_is_kept_is_always_there(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    spec = quick.replace(snapshots="none", epochs=4)
    train(tiny, spec, digits, control=after(3), folder=tmp_path)
    assert snapshots.moments(tmp_path) == []  # these weights are of no moment
    stopped = train(tiny, spec, digits, control=after(19), folder=tmp_path)
    assert snapshots.moments(tmp_path) == [(2, 0)]
    assert_same(snapshots.read(tmp_path, Moment(2)), weights_of(stopped.model))
    wild = spec.replace(optimizer="SGD", learning_rate=3.0, early_stopping=True, patience=1, epochs=8)
    (tmp_path / "best").mkdir()
    best = train(tiny, wild, digits, folder=tmp_path / "best")
    (kept,) = snapshots.moments(tmp_path / "best")
    losses = [epoch.val_loss for epoch in best.epochs]
    assert kept == (losses.index(min(losses)) + 1, 0)
    assert_same(snapshots.read(tmp_path / "best", kept), weights_of(best.model))


def room_for(most: int) -> int:
    """Parameters of a network of which so many moments may be kept."""
    return MAX_BYTES // (4 * most)


def goes_on(folder: Path, parameters: int, epochs: int, done: int) -> None:
    """Train on from epoch `done` to `epochs`, as the callback keeps moments; never more than there is room for."""
    whole = plan_moments(SPEC.replace(epochs=epochs), 32, parameters)
    for moment in sorted(moment for moment in whole if moment > Moment(done)):
        snapshots.make_room(folder, moment, parameters, whole)
        snapshots.save(folder, moment, {})
        assert len(snapshots.moments(folder)) <= max(MAX_BYTES // (4 * parameters), 2)


def test_a_run_that_goes_on_makes_room(tmp_path: Path) -> None:
    parameters = room_for(10)
    snapshots.save(tmp_path, Moment(0), {})
    goes_on(tmp_path, parameters, 9, 0)
    assert [moment.epoch for moment in snapshots.moments(tmp_path)] == list(range(10))
    goes_on(tmp_path, parameters, 18, 9)
    assert [moment.epoch for moment in snapshots.moments(tmp_path)] == list(range(0, 19, 2))
    # Where there is room for all, all stay.
    goes_on(tmp_path, room_for(20), 19, 18)
    assert [moment.epoch for moment in snapshots.moments(tmp_path)] == [*range(0, 19, 2), 19]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 30))
@settings(max_examples=30)
def test_it_never_keeps_too_much_however_often_it_goes_on(more: list[int], most: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, parameters, done = Path(place), room_for(most), 0
        snapshots.save(folder, Moment(0), {})
        for epochs in more:
            goes_on(folder, parameters, done + epochs, done)
            done += epochs
        kept = snapshots.moments(folder)
        assert kept[0] == Moment(0) and kept[-1] == Moment(done)


def test_the_best_epoch_finds_room(tmp_path: Path) -> None:
    for epoch in (0, 3, 6, 9, 10):
        snapshots.save(tmp_path, Moment(epoch), {})
    snapshots.make_room(tmp_path, Moment(5), room_for(5))
    snapshots.save_if_missing(tmp_path, Moment(5), {})
    # The sixth epoch has the nearest neighbours, 5 and 9; the last but one, 6 and 10, is as near, but comes later.
    assert [moment.epoch for moment in snapshots.moments(tmp_path)] == [0, 3, 5, 9, 10]


def test_a_large_run_is_trained_on_within_its_bounds(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = train(tiny, quick, digits).model.count_params()
    monkeypatch.setattr(snapshots, "MAX_BYTES", 5 * 4 * parameters)
    train(tiny, quick.replace(epochs=4), digits, folder=tmp_path)
    assert [moment.epoch for moment in snapshots.moments(tmp_path)] == [0, 1, 2, 3, 4]
    train(tiny, quick.replace(epochs=6), digits, folder=tmp_path)
    # One more than the longer plan's: there is room for five.
    assert [moment.epoch for moment in snapshots.moments(tmp_path)] == [0, 2, 3, 4, 6]


def test_whether_any_are_kept_is_known_without_naming_them(tmp_path: Path) -> None:
    assert not snapshots.has_snapshots(tmp_path)
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "unfinished.npz").touch()
    assert not snapshots.has_snapshots(tmp_path)
    snapshots.save(tmp_path, snapshots.Moment(0), {"dense": (np.zeros(3, np.float32),)})
    assert snapshots.has_snapshots(tmp_path)
