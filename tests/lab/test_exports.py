"""Taking runs away and bringing them in, between two Labs with their workers; and every file that is turned away."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from cnnlab.errors import CNNLabError, StoreError
from cnnlab.export.formats import CSV_COLUMNS, MODEL_FORMATS
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, Flatten, Rescaling
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import archive_files, builtin
from cnnlab.runs.archive import MAX_BYTES, unpack
from cnnlab.runs.run import Run
from cnnlab.runs.store import new_id
from cnnlab.settings import Settings
from cnnlab.training import snapshots
from cnnlab.training.events import Answers, Batch
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.trained import trained
from tests.waiting import wait_until

DAMAGED = "This file contains no run, or it is damaged ("
NAME = "../../<b>한글</b> \"x\" & 'y'"
STEM = "b-한글-b-x-y"


@pytest.fixture(scope="session")
def lab(working_lab: Lab) -> Lab:
    return working_lab


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Lab]:
    """A Lab elsewhere, without workers."""
    one = Lab(Settings(home=tmp_path / "elsewhere"), start_engine=False)
    yield one
    one.close()


@pytest.fixture(scope="module")
def run(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    begun = lab.runs.start(tiny, quick.replace(epochs=3, early_stopping=True, patience=0), "Ada", NAME)
    wait_until(lambda: not lab.runs.get(begun).active)
    lab.annotations.note(begun, "seen\nat noon")
    lab.annotations.tag(begun, ["first", "작은"])
    return lab.runs.get(begun)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory, tiny: NetworkSpec, quick: TrainingSpec) -> bytes:
    """A run as one file, from a Lab without workers."""
    reading = Lab(Settings(home=tmp_path_factory.mktemp("packed")), start_engine=False)
    content = reading.exports.run_zip(trained(reading, tiny, quick)).content
    reading.close()
    return content


def model_of(lab: Lab, run: str) -> keras.Model:
    return keras.saving.load_model(lab.snapshots.folder(run) / "model.keras", compile=False)


def files(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


# Taking away


@pytest.mark.parametrize("form", sorted(set(MODEL_FORMATS) - {"onnx"}))
def test_models_through_the_workers(lab: Lab, run: Run, form: str, tmp_path: Path) -> None:
    before = files(lab.snapshots.folder(run.id))
    name, content = lab.exports.model_file(run, form)
    kept = lab.runs.history(run.id).finished.kept_epoch  # type: ignore[union-attr]
    assert name == f"{STEM}-epoch-{kept}{MODEL_FORMATS[form].ending}" and len(content) > 1000
    assert files(lab.snapshots.folder(run.id)) == before
    if form == "keras":
        images = lab.datasets.get("digits-8x8").x_test[:9] / np.float32(255)
        for moment, called in ((None, f"epoch-{kept}"), (Moment(0, 2), "epoch-0-batch-2"), (Moment(1), "epoch-1")):
            name, content = lab.exports.model_file(run, form, moment)
            (tmp_path / "model.keras").write_bytes(content)
            answers = keras.saving.load_model(tmp_path / "model.keras", compile=False).predict(images, verbose=0)
            assert name == f"{STEM}-{called}.keras"
            expected = lab.inference.probabilities(run, moment or Moment(kept), images)
            np.testing.assert_allclose(answers, expected, atol=1e-6)


def test_the_moment_that_is_taken(lab: Lab, run: Run) -> None:
    # Early stopping went back to an earlier epoch than the newest.
    finished = lab.runs.history(run.id).finished
    assert finished is not None and lab.snapshots.final(run.id) == Moment(finished.kept_epoch)
    assert lab.snapshots.final(builtin.ID) == lab.snapshots.of(builtin.ID)[-1]


def test_a_run_without_weights(other: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    waiting = other.runs.get(other.runs.start(tiny, quick))
    with pytest.raises(CNNLabError, match=r"^This run has no weights yet\. Wait until"):
        other.exports.model_file(waiting, "keras")
    assert b"<h1>tiny</h1>" in other.exports.report(waiting).content


def test_a_built_in_network(lab: Lab, tmp_path: Path) -> None:
    one = lab.runs.get(builtin.ID)
    name, content = lab.exports.model_file(one, "keras")
    assert name.startswith("Built-in-network-epoch-")
    (tmp_path / "model.keras").write_bytes(content)
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    answers = keras.saving.load_model(tmp_path / "model.keras", compile=False).predict(images, verbose=0)
    expected = lab.inference.probabilities(one, lab.snapshots.of(one.id)[-1], images)
    np.testing.assert_allclose(answers, expected, atol=1e-5)
    assert "<h1>내장</h1>".encode() in lab.exports.report(one, translate=lambda text: "내장").content
    again = lab.runs.get(lab.imports.run(lab.exports.run_zip(one).content))
    assert (again.state, again.network, again.name) == ("finished", one.network, "Built-in network")


def test_the_history_as_csv(lab: Lab, run: Run) -> None:
    name, content = lab.exports.history_csv(run)
    lines = list(csv.DictReader(io.StringIO(content.decode())))
    epochs = lab.runs.history(run.id).epochs
    assert name == f"{STEM}-history.csv" and tuple(lines[0]) == CSV_COLUMNS
    assert [int(line["epoch"]) for line in lines] == [epoch.epoch for epoch in epochs]
    assert [float(line["val_loss"]) for line in lines] == [epoch.val_loss for epoch in epochs]
    assert [float(line["learning_rate"]) for line in lines] == pytest.approx([0.001] * len(epochs))


def test_small_files(lab: Lab, run: Run) -> None:
    network, script, notebook = (
        lab.exports.network_json(run),
        lab.exports.script(run),
        lab.exports.notebook(run, lambda text: "제목"),
    )
    assert network.name == f"{STEM}-network.json" and NetworkSpec.from_json(network.content.decode()) == run.network
    assert script.name == f"{STEM}.py"
    compile(script.content, "script", "exec")
    assert notebook.name == f"{STEM}.ipynb" and json.loads(notebook.content)["cells"][0]["source"] == "## 제목"
    logs = lab.exports.tensorboard(run)
    assert logs.name == f"{STEM}-tensorboard.zip"
    found = {Path(name).parent.as_posix() for name in zipfile.ZipFile(io.BytesIO(logs.content)).namelist()}
    assert found == {"logs", "logs/train", "logs/validation"}


def test_a_name_without_letters(lab: Lab, run: Run, tiny: NetworkSpec) -> None:
    import dataclasses

    assert lab.exports.network_json(dataclasses.replace(run, name="///")).name == f"run-{run.id}-network.json"
    assert len(lab.exports.network_json(dataclasses.replace(run, name="한" * 80)).name.encode()) < 200


# From Lab to Lab


def test_a_run_goes_to_another_lab(lab: Lab, other: Lab, run: Run) -> None:
    packed = lab.exports.run_zip(run).content
    there = other.runs.get(other.imports.run(packed, "Bo"))
    assert there.id != run.id
    for field in ("name", "state", "network", "training", "started", "ended", "note", "tags", "epochs_done", "seconds"):
        assert getattr(there, field) == getattr(run, field), field
    assert (there.who, there.best_val_accuracy, there.best_epoch) == ("Bo", run.best_val_accuracy, run.best_epoch)
    assert [event for _, event in other.runs.events(there.id)] == [event for _, event in lab.runs.events(run.id)]
    assert other.snapshots.of(there.id) == lab.snapshots.of(run.id)
    for moment in lab.snapshots.of(run.id):
        here, brought = lab.snapshots.weights(run.id, moment), other.snapshots.weights(there.id, moment)
        assert list(here) == list(brought)
        assert all(np.array_equal(a, b) for name in here for a, b in zip(here[name], brought[name], strict=True))
    answered, expected = other.runs.probe_images(there.id), lab.runs.probe_images(run.id)
    assert answered and expected and all(np.array_equal(a, b) for a, b in zip(answered, expected, strict=True))
    images = lab.datasets.get("digits-8x8").x_test[:9] / np.float32(255)
    np.testing.assert_array_equal(
        model_of(other, there.id).predict(images, verbose=0), model_of(lab, run.id).predict(images, verbose=0)
    )
    # And from there on.
    assert unpack(other.exports.run_zip(there).content, 10**6).info == unpack(packed, 10**6).info


def test_a_stopped_run_goes_on_in_another_lab(lab: Lab, tiny: NetworkSpec) -> None:
    spec = TrainingSpec(dataset="digits-8x8", batch_size=8, epochs=1000)
    begun = lab.runs.start(tiny, spec)
    wait_until(lambda: len(lab.runs.history(begun).epochs) >= 2)
    # Packed while it trains, it is an interrupted one.
    going = unpack(lab.exports.run_zip(lab.runs.get(begun)).content, 10**6)
    assert going.info.state == "interrupted" and any(name.startswith("checkpoint-") for name in going.files)
    lab.control.stop(begun)
    wait_until(lambda: not lab.runs.get(begun).active)
    done = len(lab.runs.history(begun).epochs)
    there = lab.imports.run(lab.exports.run_zip(lab.runs.get(begun)).content)
    assert lab.runs.get(there).state == "stopped"
    lab.runs.resume(there)
    wait_until(lambda: len(lab.runs.history(there).epochs) > done)
    lab.control.stop(there)
    wait_until(lambda: not lab.runs.get(there).active)
    numbers = [epoch.epoch for epoch in lab.runs.history(there).epochs]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [epoch.loss for epoch in lab.runs.history(there).epochs[:done]] == [
        epoch.loss for epoch in lab.runs.history(begun).epochs
    ]


def test_a_failed_run_tells_why(other: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    failed = other.runs.start(tiny, quick)
    error = CNNLabError("The disk {disk} is {0.__class__} full.", "Free {some}.", disk="D:")
    other.store.set_state(failed, "failed", error, "Traceback")
    there = other.runs.get(other.imports.run(other.exports.run_zip(other.runs.get(failed)).content))
    assert there.state == "failed" and there.details == ""
    assert str(there.error) == f"It failed where it was trained: {error}"


# What is turned away


def changed(packed: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The file of a run with other members."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def test_a_run_whose_training_took_much_memory(other: Lab, packed: bytes) -> None:
    def enlarge(members: dict[str, bytes]) -> None:
        events = [json.loads(line) for line in members["events.jsonl"].splitlines()]
        enlarged = [event | ({"memory": 5_000_000_000} if event["kind"] == "watch" else {}) for event in events]
        members["events.jsonl"] = "".join(json.dumps(event) + "\n" for event in enlarged).encode()

    there = other.imports.run(changed(packed, enlarge))
    assert {watch.memory for watch in other.runs.history(there).watches} == {5_000_000_000}


def with_card(packed: bytes, **changes: Any) -> bytes:
    def change(members: dict[str, bytes]) -> None:
        members["run.json"] = json.dumps({**json.loads(members["run.json"]), **changes}).encode()

    return changed(packed, change)


def with_event(packed: bytes, event: Any) -> bytes:
    def change(members: dict[str, bytes]) -> None:
        members["events.jsonl"] = members["events.jsonl"] + (event if isinstance(event, bytes) else event.encode())

    return changed(packed, change)


def refused(other: Lab, content: bytes) -> str:
    """What is said of a file; nothing of it may be left."""
    before = files(other.settings.home / "runs") if (other.settings.home / "runs").exists() else {}
    with pytest.raises(CNNLabError) as error:
        other.imports.run(content)
    assert other.runs.all() == [] and before == {}
    assert not (other.settings.home / "runs").exists() or not any((other.settings.home / "runs").iterdir())
    return str(error.value)


@pytest.mark.parametrize(
    "name",
    ["../../evil", "/etc/passwd", "snapshots/../../0001-000000.npz", "C:\\x", "begin/0001-000000.npz", "evil.py",
     "snapshots/٠٠٠١-000000.npz", "model.keras/", "checkpoint-0001.keras\n"],
)  # fmt: skip
def test_names_that_do_not_belong(other: Lab, packed: bytes, name: str) -> None:
    content = changed(packed, lambda members: members.update({name: b""}))
    if name.endswith("/"):
        # A folder is not a file, and is left out.
        assert other.runs.get(other.imports.run(content)).state == "finished"
        return
    said = refused(other, content)
    assert said.startswith("The file contains something that is not part of a run: ") and "\n" not in said


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_name_that_is_there_twice(other: Lab, packed: bytes) -> None:
    content = io.BytesIO(packed)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("model.keras", b"")
    assert refused(other, content.getvalue()).startswith("The file contains something that is not part of a run")


def test_a_bomb(other: Lab, packed: bytes) -> None:
    # The directory at the end says how large each file is when it is unpacked, and that is all that is read of one.
    entry = packed.rindex(b"PK\x01\x02")
    bomb = packed[: entry + 24] + struct.pack("<I", 500_000_000) + packed[entry + 28 :]
    assert refused(other, bomb).startswith("The file is too large for a run: at most 500 MB unpacked, in 2,000 files.")
    # One that lies is read no further than it says.
    liar = packed[: entry + 24] + struct.pack("<I", 10) + packed[entry + 28 :]
    assert refused(other, liar).startswith(f"{DAMAGED}Bad CRC-32")
    many = changed(packed, lambda members: members.update({f"snapshots/{n:04d}-000000.npz": b"" for n in range(2000)}))
    assert refused(other, many).startswith("The file is too large for a run")
    long = changed(packed, lambda members: members.update({"run.json": b" " * 1_000_001}))
    assert refused(other, long).startswith("The file is too large for a run")
    lines = changed(packed, lambda members: members.update({"events.jsonl": b"x\n" * 100_001}))
    assert refused(other, lines).startswith("The file is too large for a run")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"not a zip" * 99, b"\x00" * 1000],
)
def test_what_is_no_zip(other: Lab, content: bytes) -> None:
    assert refused(other, content).startswith(DAMAGED)


def test_a_cut_or_overwritten_file(other: Lab, packed: bytes) -> None:
    assert refused(other, packed[: len(packed) // 2]).startswith(DAMAGED)
    middle = len(packed) // 2
    assert refused(other, packed[:middle] + b"\xff" * 99 + packed[middle + 99 :])
    for name in ("run.json", "events.jsonl"):
        without = changed(packed, lambda members, name=name: members.pop(name))  # type: ignore[misc]
        assert refused(other, without).startswith(f"{DAMAGED}{name}")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "running"},
        {"state": "queued"},
        {"format": 0},
        {"format": "1"},
        {"started": -1},
        {"started": 1e300},
        {"unknown": 1},
        {"name": 5},
        {"tags": "x"},
        {"training": {"dataset": "mnist", "epochs": 0}},
        {"training": {"version": 1, "evil": 1}},
        {"training": None},
        {"network": []},
    ],
    ids=str,
)
def test_a_card_that_is_none(other: Lab, packed: bytes, changes: dict[str, Any]) -> None:
    assert refused(other, with_card(packed, **changes)).startswith(DAMAGED)


def test_a_card_that_is_no_json(other: Lab, packed: bytes) -> None:
    for text in (b"{", b"[]", b"[" * 100_000, b"\xff", b"null"):
        content = changed(packed, lambda members, text=text: members.update({"run.json": text}))  # type: ignore[misc]
        assert refused(other, content).startswith(DAMAGED)


def test_a_newer_format(other: Lab, packed: bytes) -> None:
    assert refused(other, with_card(packed, format=2)) == (
        "The run was exported from a newer CNN Lab (format 2; this one reads 1). Update CNN Lab, then import it again."
    )
    network = {**json.loads(zipfile.ZipFile(io.BytesIO(packed)).read("run.json"))["network"], "version": 7}
    assert refused(other, with_card(packed, network=network)).startswith("The network was written by a newer CNN Lab")


def test_specs_that_do_not_fit(other: Lab, packed: bytes, quick: TrainingSpec, tiny: NetworkSpec) -> None:
    mnist = quick.replace(dataset="mnist").model_dump(mode="json")
    assert "the dataset's images are 28×28×1" in refused(other, with_card(packed, training=mnist))
    unknown = quick.replace(dataset="nothing").model_dump(mode="json")
    assert "There is no dataset called “nothing”" in refused(other, with_card(packed, training=unknown))
    large = tiny.replace(layers=(Flatten(), Dense(units=16384), Dense(units=16384), Dense(units=10)))
    assert "parameters" in refused(other, with_card(packed, network=large.model_dump(mode="json")))


@pytest.mark.parametrize(
    "event",
    [
        b"{}\n",
        b'{"kind": "epoch"}\n',
        b"\xff\n",
        b'{"kind": "finished", "reason": "done", "kept_epoch": ' + b"9" * 5000 + b"}\n",
        Batch(epoch=1, step=1, steps=0, loss=1, accuracy=1, examples_per_second=1).model_dump_json(),
        Batch(epoch=0, step=1, steps=1, loss=1, accuracy=1, examples_per_second=1).model_dump_json(),
        Batch(epoch=-5, step=1, steps=1, loss=1, accuracy=1, examples_per_second=1).model_dump_json(),
        Answers(epoch=1, predictions=(10,)).model_dump_json(),
        Answers(epoch=1, predictions=(-1,)).model_dump_json(),
        Answers(epoch=1, predictions=(1,), at=float("inf")).model_dump_json(),
        Answers(epoch=10**12, predictions=(1,)).model_dump_json(),
    ],
    ids=map(str, range(11)),
)
def test_events_that_cannot_be(other: Lab, packed: bytes, event: bytes | str) -> None:
    assert refused(other, with_event(packed, event)).startswith(DAMAGED + "events.jsonl: ")


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def tiny_weights() -> dict[str, np.ndarray]:
    shapes = {"conv2d.0": (3, 3, 1, 2), "conv2d.1": (2,), "dense.0": (72, 10), "dense.1": (10,)}
    return {name: np.ones(shape, np.float32) for name, shape in shapes.items()}


def test_weights_as_they_should_be(other: Lab, packed: bytes) -> None:
    content = changed(packed, lambda members: members.update({"snapshots/0007-000000.npz": npz(**tiny_weights())}))
    assert Moment(7) in other.snapshots.of(other.imports.run(content))


class Evil:
    """Unpickling one is running its code."""

    def __reduce__(self) -> tuple[Any, ...]:
        raise AssertionError("pickled")


@pytest.mark.parametrize(
    "weights",
    [
        b"",
        b"PK\x05\x06" + bytes(18),
        npz(**{**tiny_weights(), "dense.1": np.ones(11, np.float32)}),
        npz(**{**tiny_weights(), "dense.1": np.ones((10, 1), np.float32)}),
        npz(**{**tiny_weights(), "dense.1": np.array(["x"] * 10)}),
        npz(**{**tiny_weights(), "dense.1": np.ones(10, int)}),
        npz(**{**tiny_weights(), "dense.2": np.ones(10, np.float32)}),
        npz(**{name: array for name, array in tiny_weights().items() if name != "conv2d.1"}),
        npz(**{name.replace("dense", "dense_1"): array for name, array in tiny_weights().items()}),
        npz(**{**tiny_weights(), "dense.1": np.array([None] * 10)}),
    ],
    ids=["empty", "no members", "longer", "shape", "text", "integers", "more", "fewer", "other layer", "pickled"],
)
def test_damaged_weights(other: Lab, packed: bytes, weights: bytes) -> None:
    for name in ("snapshots/0001-000000.npz", "begin/snapshots/0000-000000.npz"):
        content = changed(packed, lambda members, name=name: members.update({name: weights}))  # type: ignore[misc]
        assert refused(other, content).startswith(
            f"The weights in {name} are damaged, or do not belong to this network. Choose a run"
        )


def test_weights_that_announce_too_much(other: Lab, packed: bytes) -> None:
    """A header that speaks of terabytes, and an entry that unpacks to many megabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**12,)})
    for member in (header.getvalue(), bytes(100_000_000)):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in tiny_weights().items():
                archive.writestr(f"{name}.npy", member if name == "dense.1" else npz_member(array))
        content = changed(packed, lambda m, file=file: m.update({"snapshots/0001-000000.npz": file.getvalue()}))  # type: ignore[misc]
        assert "are damaged, or do not belong to this network" in refused(other, content)


def npz_member(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_models_that_are_not_the_runs(other: Lab, packed: bytes, tmp_path: Path) -> None:
    layers = keras.layers
    wider = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(10)])
    own = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")]
    )
    own.compile("nadam", "mse")
    for number, model in enumerate((wider, own)):
        model.save(tmp_path / f"{number}.keras")
    other_network, own_network = ((tmp_path / f"{number}.keras").read_bytes() for number in (0, 1))
    content = changed(packed, lambda members: members.update({"model.keras": other_network}))
    assert refused(other, content).startswith("The model in model.keras is not the run's network.")
    # The run's own network may have been saved by anyone, but only with Keras's own classes.
    content = changed(packed, lambda members: members.update({"model.keras": own_network}))
    assert other.runs.get(other.imports.run(content)).state == "finished"
    other.annotations.delete(other.runs.all()[0].id)
    other.annotations.purge()

    def poison(members: dict[str, bytes]) -> None:
        description = json.loads(members["config.json"])
        description["compile_config"]["optimizer"] = {"module": "os", "class_name": "system", "config": {"x": 1}}
        members["config.json"] = json.dumps(description).encode()

    poisoned = changed(own_network, poison)
    content = changed(packed, lambda members: members.update({"model.keras": poisoned}))
    assert refused(other, content).startswith("“system” is custom code")
    content = changed(packed, lambda members: members.update({"model.keras": b"nothing"}))
    assert refused(other, content).startswith("This is not a .keras file")


def test_a_run_that_is_not_whole(other: Lab, packed: bytes) -> None:
    epoch = json.loads(zipfile.ZipFile(io.BytesIO(packed)).read("checkpoint.json"))
    assert len(epoch) >= 2

    def without_model(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("checkpoint-")]:
            del members[name]

    assert refused(other, changed(packed, without_model)).startswith(
        f"The run is incomplete: checkpoint-{len(epoch):04d}.keras is missing."
    )

    def without_weights(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name not in ("run.json", "events.jsonl")]:
            del members[name]

    assert refused(other, changed(packed, without_weights)).startswith("The run is incomplete: model.keras is missing.")
    broken = changed(packed, lambda members: members.update({"checkpoint.json": b'[{"kind": "epoch"}]'}))
    assert refused(other, broken).startswith(DAMAGED)


def test_other_files_of_a_run(other: Lab, packed: bytes) -> None:
    images, labels = np.zeros((3, 8, 8, 1), np.uint8), np.array([0, 9, 1])
    more = {
        "answered.npz": npz(images=images, labels=labels),
        "extra.npz": npz(x=images, y=labels, weight=np.array(2)),
        "begin/snapshots/0000-000000.npz": npz(**tiny_weights()),
        "recorded": b"",
    }
    there = other.imports.run(changed(packed, lambda members: members.update(more)))
    found = other.runs.probe_images(there)
    assert found is not None and found[1].tolist() == [0, 9, 1] and other.control.external(there)
    assert (other.snapshots.folder(there) / "extra.npz").read_bytes() == more["extra.npz"]
    other.annotations.delete(there)
    other.annotations.purge()
    wrong = {
        "answered.npz": [npz(images=images, labels=labels + 1), npz(images=images[:, :7], labels=labels), b"x"],
        "extra.npz": [npz(x=images, y=labels, weight=np.array(2**40)), npz(x=images, y=labels), b"x"],
        "drawings.npz": [npz(x=images, y=labels), b"x"],
        "recorded": [b"x"],
    }
    for name, contents_ in wrong.items():
        for content in contents_:
            assert refused(other, changed(packed, lambda m, n=name, c=content: m.update({n: c})))  # type: ignore[misc]


def test_a_full_folder_leaves_nothing(other: Lab, packed: bytes) -> None:
    (other.settings.home / "runs").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be used"):
        other.imports.run(packed)
    (other.settings.home / "runs").unlink()
    pages = other.store.rows("PRAGMA page_count")[0][0]
    other.store.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        for _ in range(100):
            other.imports.run(packed)
    folders = {path.name for path in (other.settings.home / "runs").iterdir()}
    assert {run.id for run in other.runs.all()} == folders


# Models from elsewhere


def keras_file(place: Path, *layers: keras.layers.Layer, size: tuple[int, int, int] = (8, 8, 1)) -> bytes:
    model = keras.Sequential([keras.Input(size), *layers])
    model.save(place / "theirs.keras")
    return (place / "theirs.keras").read_bytes()


def test_a_model_is_brought_in(lab: Lab, tmp_path: Path) -> None:
    layers = keras.layers
    content = keras_file(
        tmp_path,
        layers.Conv2D(4, 3, activation="relu", name="a"),
        layers.BatchNormalization(name="b"),
        layers.MaxPooling2D(name="c"),
        layers.Flatten(),
        layers.Dense(10, name="d"),
    )
    model = keras.saving.load_model(tmp_path / "theirs.keras")
    found = lab.imports.examine(content, "  theirs\n ")
    # An untrained model fits no range of pixels better than another.
    assert (found.datasets, found.clear, found.foreign.outputs_scores) == (("digits-8x8",), False, True)
    with pytest.raises(CNNLabError, match=r"^It is not clear which pixels the model was trained on; expected one of 0"):
        lab.imports.keras(found)
    run = lab.runs.get(lab.imports.keras(found, "Bo", pixels="255..0"))
    assert (run.name, run.who, run.state, run.training.dataset) == ("theirs", "Bo", "finished", "digits-8x8")
    assert run.network.layers[0] == Rescaling(scale=-255, offset=255)
    assert [layer.kind for layer in run.network.layers[1:]] == [
        *("Conv2D", "BatchNormalization", "MaxPooling2D", "Flatten", "Dense", "Activation")
    ]
    assert "A Rescaling converts the Lab's pixels, 0 to 1, to 0 to 255, inverted." in run.note
    assert lab.snapshots.of(run.id) == [Moment(1)] == [lab.snapshots.final(run.id)]
    data = lab.datasets.get("digits-8x8")
    expected = keras.ops.softmax(model.predict(255.0 - data.x_test, verbose=0))
    images = data.x_test[:50] / np.float32(255)
    np.testing.assert_allclose(lab.inference.probabilities(run, Moment(1), images), expected[:50], atol=1e-5)
    evaluated = lab.evaluation.evaluate(run, Moment(1), "test")
    np.testing.assert_allclose(evaluated.probabilities, expected, atol=1e-5)
    assert not [path for path in lab.settings.home.iterdir() if path.name.startswith("tmp")]
    # Which images it was trained on is not known; nothing of the test set is sealed or held out.
    assert lab.test_sets.trained_elsewhere(run) and not lab.test_sets.sealed(run)
    taken = lab.imports.run(lab.exports.run_zip(run).content)
    assert lab.test_sets.trained_elsewhere(taken)
    # What was brought in can be taken away again.
    again = lab.imports.examine(lab.exports.model_file(run, "keras").content, "again")
    assert again.foreign.network.layers == run.network.layers


def test_a_model_for_several_datasets(lab: Lab, tmp_path: Path) -> None:
    content = keras_file(tmp_path, keras.layers.Flatten(), keras.layers.Dense(10, "softmax"), size=(28, 28, 1))
    found = lab.imports.examine(content, "x")
    assert found.datasets == ("mnist-5k", "mnist", "fashion-mnist")
    for dataset in ("", "cifar-10"):
        with pytest.raises(
            CNNLabError, match=r"^The model may have been trained on one of these datasets: mnist-5k, mnist, "
        ):
            lab.imports.keras(found, dataset=dataset, pixels="0..1")
    run = lab.runs.get(lab.imports.keras(found, dataset="fashion-mnist", pixels="0..1"))
    assert (run.training.dataset, run.training.validation) == ("fashion-mnist", "test")


def test_a_model_whose_weights_are_damaged(lab: Lab, tmp_path: Path) -> None:
    content = keras_file(tmp_path, keras.layers.Flatten(), keras.layers.Dense(10, "softmax"))
    before = len(lab.runs.all()), files(lab.settings.home / "runs")
    damaged = changed(content, lambda members: members.update({"model.weights.h5": b"\x89HDF\r\n\x1a\n" + b"x" * 99}))
    with pytest.raises(CNNLabError, match=r"^This is not a \.keras file, or it is damaged \("):
        lab.imports.examine(damaged, "x")
    assert (len(lab.runs.all()), files(lab.settings.home / "runs")) == before


def test_ids_of_runs_that_are_brought_in_are_new(other: Lab, packed: bytes) -> None:
    ids = {other.imports.run(packed) for _ in range(3)}
    assert len(ids) == 3 == len(other.runs.all()) and len(new_id()) == len(ids.pop())
    assert other.runs.active() == []


def test_what_goes_along_and_what_does_not() -> None:
    assert all(
        map(archive_files.is_run_file, ("model.keras", "checkpoint.json", "checkpoint-0012.keras", "answered.npz"))
    )
    assert all(
        map(
            archive_files.is_run_file,
            ("snapshots/0000-000012.npz", "begin/snapshots/0000-000000.npz", "extra.npz", "recorded"),
        )
    )
    assert not any(
        map(archive_files.is_run_file, ("unfinished-model.keras", "snapshots/unfinished.npz", "x/model.keras", ""))
    )
    assert snapshots.MAX_BYTES < MAX_BYTES


def test_the_shapes_of_weights_are_those_of_keras(tiny: NetworkSpec) -> None:
    from cnnlab.network.build import build
    from cnnlab.network.summary import summarize, weight_shapes
    from tests.engine.worker.test_export import MOST

    frozen = tiny.replace(layers=(Conv2D(filters=2, trainable=False, use_bias=False), *tiny.layers[1:]))
    for network in (MOST, tiny, frozen):
        rows = [row for row in summarize(network).rows if row.parameters]
        layers = [layer for layer in build(network).layers if layer.weights]
        expected = [[weight.shape for weight in layer.get_weights()] for layer in layers]
        assert [weight_shapes(row) for row in rows] == expected
