"""A Lab with its workers, when nothing goes wrong that should not: runs, the queue, stopping, answers, refusals."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnnlab.errors import CNNLabError, EngineError, NetworkError, StoreError, TrainingError
from cnnlab.lab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.events import Finished
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.vision.filter_edits import FilterEdit
from tests.engine import remote
from tests.engine.conftest import LAST, epochs, in_workers, until_epoch
from tests.waiting import ended, wait_until


def test_a_run_from_start_to_end(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = lab.runs.start(tiny, quick, "Ada", "x" * 100)
    done = ended(lab, run)
    assert (done.state, done.who, done.name, done.error) == ("finished", "Ada", "x" * 80, None)
    assert done.started is not None and done.ended is not None and done.created <= done.started <= done.ended
    kinds = [event.kind for _, event in lab.runs.events(run) if event.kind != "batch"]
    assert kinds == ["started", *2 * ("epoch", "answers", "watch"), "finished"]
    with pytest.raises(StoreError, match="cannot be resumed"):
        lab.runs.resume(run)

    # Answers are those of the model file, as Keras itself reads it.
    import keras

    images = lab.datasets.get("digits-8x8").x_test[:7].astype("float32") / 255
    probabilities = lab.inference.probabilities(done, lab.snapshots.of(run)[-1], images)
    expected = keras.saving.load_model(lab.store.folder(run) / "model.keras").predict(images, verbose=0)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_inside_a_network(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = ended(lab, lab.runs.start(tiny, quick))
    moments = lab.snapshots.of(run.id)
    assert [tuple(moment) for moment in moments] == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (2, 0)]
    data = lab.datasets.get("digits-8x8")
    images, image = data.x_test[:1000].astype("float32") / 255, data.x_test[3] / 255

    # Maps at each moment are those of this process, and of Keras.
    from cnnlab.network.build import build
    from cnnlab.vision.feature_maps import TracedNetwork

    traced, model = TracedNetwork(tiny), build(tiny)
    for moment in (moments[0], moments[2], moments[-1]):
        maps = lab.inference.feature_maps(run, moment, image)
        expected = traced.feature_maps(lab.snapshots.weights(run.id, moment), image)
        assert list(maps) == list(expected) == ["conv2d", "flatten", "dense"]
        for name, value in maps.items():
            np.testing.assert_allclose(value, expected[name], atol=1e-6)
    said = lab.inference.probabilities(run, moments[-1], image[np.newaxis].astype("float32"))
    np.testing.assert_allclose(maps["dense"], said[0], atol=1e-6)

    # An operation is what it would be by hand.
    def by_hand(layer: str, index: int, factor: float) -> tuple[float, np.ndarray]:
        weights = lab.snapshots.weights(run.id, moments[-1])
        for array in weights[layer]:
            array[..., index] *= factor
        model.set_weights([array for arrays in weights.values() for array in arrays])
        right = model(images).numpy().argmax(axis=1) == data.y_test[:1000]
        return right.mean(), model(image[np.newaxis]).numpy()[0]

    for layer, index, factor in (("conv2d", 1, 1.0), ("conv2d", 0, 0.0), ("conv2d", 1, -1.0), ("dense", 7, 0.0)):
        before, after, answer_before, answer_after = lab.inference.surgery(
            run, moments[-1], [FilterEdit(layer, index, factor)], image
        )
        for figures, did in (((before, answer_before), 1.0), ((after, answer_after), factor)):
            accuracy, answer = by_hand(layer, index, did)
            assert figures[0] == pytest.approx(accuracy, abs=0.005)
            np.testing.assert_allclose(figures[1], answer, atol=1e-6)
        if factor == 1:
            assert before == after and (answer_before == answer_after).all()

    # What does not fit, and what is gone.
    off = [FilterEdit("conv2d", 0, 0.0)]
    for act in (lab.inference.feature_maps, lambda *args: lab.inference.surgery(*args[:2], off, args[2])):
        with pytest.raises(CNNLabError, match=r"The image is 9×8×1, but this network takes 8×8×1\. Choose an image"):
            act(run, moments[0], np.zeros((9, 8, 1)))
        with pytest.raises(CNNLabError, match="The weights of this snapshot are missing or damaged"):
            act(run, moments[0]._replace(epoch=77), image)
    shutil.rmtree(lab.store.folder(run.id))
    assert lab.snapshots.of(run.id) == []
    with pytest.raises(CNNLabError, match="The weights of this snapshot are missing or damaged"):
        lab.inference.feature_maps(run, moments[0], image)
    with pytest.raises(CNNLabError, match="The weights of this snapshot are missing or damaged"):
        lab.snapshots.weights(run.id, moments[0])
    with pytest.raises(CNNLabError, match="The weights of this snapshot are missing or damaged"):
        lab.inference.probabilities(run, moments[-1], images[:1])


def test_answers_while_it_trains_and_an_obedient_stop(lab: Lab, tiny: NetworkSpec, endless: TrainingSpec) -> None:
    def answers() -> np.ndarray:
        return lab.inference.probabilities(
            lab.runs.get(run), lab.snapshots.of(run)[-1], np.zeros((1, 8, 8, 1), np.float32)
        )

    run = lab.runs.start(tiny, endless)
    until_epoch(lab, run, 1)
    assert answers().shape == (1, 10)
    lab.control.stop(run)
    # One that had to be forced would have failed.
    stopped = ended(lab, run)
    assert (stopped.state, stopped.error) == ("stopped", None)
    last = lab.runs.events(run)[-1][1]
    assert isinstance(last, Finished)
    assert (last.reason, last.kept_epoch) == ("stopped", epochs(lab, run)[-1])
    assert answers().shape == (1, 10)


def test_a_stopped_run_goes_on_and_finishes(lab: Lab, tiny: NetworkSpec, slow: TrainingSpec) -> None:
    run = lab.runs.start(tiny, slow)
    until_epoch(lab, run, 2)
    lab.control.stop(run)
    assert ended(lab, run).state == "stopped"
    lab.runs.resume(run)
    assert ended(lab, run).state == "finished"
    assert epochs(lab, run) == list(range(1, LAST + 1))
    finished = [event for _, event in lab.runs.events(run) if isinstance(event, Finished)]
    assert [event.reason for event in finished] == ["done"]


def test_two_people_take_turns_and_one_leaves(
    lab: Lab, tiny: NetworkSpec, endless: TrainingSpec, quick: TrainingSpec
) -> None:
    first = lab.runs.start(tiny, endless, "Ada", "a1")
    rest = {name: lab.runs.start(tiny, quick, who, name) for who, name in (("Ada", "a2"), ("Ada", "a3"), ("Bo", "b1"))}
    wait_until(lambda: lab.runs.get(first).state == "running")
    assert {lab.runs.get(run).state for run in rest.values()} == {"queued"}
    assert [lab.runs.position(rest[name]) for name in ("b1", "a2", "a3")] == [0, 1, 2]
    lab.control.stop(rest["a3"])
    assert lab.runs.get(rest["a3"]).state == "stopped"
    assert [run.name for run in lab.runs.active()] == ["b1", "a2", "a1"]
    lab.control.stop(first)
    assert [ended(lab, rest[name]).state for name in ("a2", "b1", "a3")] == ["finished", "finished", "stopped"]
    assert (lab.runs.get(rest["b1"]).started or 0) < (lab.runs.get(rest["a2"]).started or 0)
    assert lab.runs.get(rest["a3"]).started is None


def test_what_cannot_start_is_not_queued(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    before = [run.id for run in lab.runs.all()]
    with pytest.raises(NetworkError, match="expects images of 8×8×1"):
        lab.runs.start(tiny, quick.replace(dataset="mnist"))
    with pytest.raises(TrainingError, match="no dataset called “nothing”"):
        lab.runs.start(tiny, quick.replace(dataset="nothing"))
    assert [run.id for run in lab.runs.all()] == before


def test_a_run_that_fails_says_why(lab: Lab, tiny: NetworkSpec, endless: TrainingSpec, quick: TrainingSpec) -> None:
    too_large = ended(lab, lab.runs.start(tiny, quick.replace(train_size=5000)))
    assert too_large.state == "failed"
    assert str(too_large.error).startswith("5,000 training images were requested, but digits-8x8 has 1,437.")
    assert too_large.details == ""

    first, second = lab.runs.start(tiny, endless), lab.runs.start(tiny, quick)
    folder = lab.store.folder(second)
    folder.write_text("a file where the folder should be")
    lab.control.stop(first)
    failed = ended(lab, second)
    assert failed.state == "failed"
    assert str(failed.error) == (
        f"A file of the run could not be read or written ([Errno 17] File exists: '{folder}'). "
        "Fix the permissions of the Lab's folder, then resume the run."
    )
    assert "FileExistsError" in failed.details
    folder.unlink()
    lab.runs.resume(second)
    assert ended(lab, second).state == "finished"
    assert lab.runs.get(second).error is None


def test_a_full_disk_fails_the_run_which_can_be_resumed(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    in_workers(lab, "train", remote.largest_file, 5_000)
    try:
        run = lab.runs.start(tiny, quick)
        failed = ended(lab, run)
    finally:
        in_workers(lab, "train", remote.largest_file, -1)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.sentences() == (
        "The disk is full: the run's weights could not be written.",
        "Free some space (deleting runs helps), then resume the run.",
    )
    lab.runs.resume(run)
    assert ended(lab, run).state == "finished"
    assert epochs(lab, run) == [1, 2]


_BUG = """
import sys
from pathlib import Path
import numpy as np
from cnnlab.lab.lab import Lab
from cnnlab.runs import builtin
from cnnlab.settings import Settings
from tests.waiting import ended, wait_until

lab = Lab(Settings(home=Path(sys.argv[1])))
wait_until(lambda: lab.engine.state == "ready")
network = lab.runs.get(builtin.ID).network.to_json()
(moment,) = lab.snapshots.of(builtin.ID)
try:
    folder, small = str(lab.snapshots.folder(builtin.ID)), np.zeros((1, 5, 5, 1))
    lab.engine.call("inference.probabilities", network, folder, moment, small)
except RuntimeError as error:
    print(error)
print([name for name in ("tensorflow", "keras", "streamlit", "plotly") if name in sys.modules])
lab.close()
"""


@pytest.mark.engine
def test_a_bug_in_a_worker_comes_back_as_text(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BUG, str(tmp_path)], capture_output=True, text=True, timeout=600, check=True
    )
    *trace, imported = done.stdout.strip().splitlines()
    assert trace[0] == "Traceback (most recent call last):"
    assert "feature_maps.py" in done.stdout and "Negative dimension size" in done.stdout
    assert imported == "[]"


def test_a_lab_without_workers_reads_and_says_so(tmp_path: Path, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    from cnnlab.settings import Settings

    reading = Lab(Settings(home=tmp_path), start_engine=False)
    run = reading.runs.start(tiny, quick)
    assert reading.runs.get(run).state == "queued"
    with pytest.raises(EngineError, match="workers are still starting"):
        reading.inference.probabilities(reading.runs.get(run), Moment(0), np.zeros((1, 8, 8, 1), np.float32))
    reading.close()
    again = Lab(Settings(home=tmp_path), start_engine=False)
    assert again.runs.get(run).state == "interrupted"
    again.close()
