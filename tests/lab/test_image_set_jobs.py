"""Image sets made in processes of their own: how far they are, stops, kills, full disks, hostile files."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cnnlab.datasets.image_sets import Shape, tasks
from cnnlab.datasets.image_sets.csv_files import LabelColumnUnclearError
from cnnlab.datasets.image_sets.store import ImageSets, new_id
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.errors import DatasetError, EngineError, StoreError
from cnnlab.lab.image_set_jobs import ImageSetJobs, Job
from cnnlab.settings import Settings
from tests.datasets.image_sets.made import class_files, image_file, scene
from tests.waiting import wait_until


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def jobs(home: Path) -> Iterator[ImageSetJobs]:
    settings = Settings(home=home)
    found = ImageSetJobs(settings, ImageSets(settings))
    yield found
    found.close()


def zipped(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def create(**values: str) -> Task:
    return Task("create", new_id(), **values)  # type: ignore[arg-type]


def ended(jobs: ImageSetJobs, id: str) -> Job:
    """The job, once its process has ended and nothing is left to be cleaned."""
    job = jobs.get(id)
    assert job
    wait_until(lambda: job.state != "running")
    wait_until(lambda: not list((jobs._settings.home / "uploads").glob("*")))
    return job


def stored(home: Path) -> list[str]:
    """Every file in the folders of uploads and image sets."""
    folders = (home / name for name in ("uploads", "image-sets"))
    return [str(path) for folder in folders for path in folder.rglob("*")]


SLOW = zipped({f"{name}/{k}.jpg": image_file(scene(k), "JPEG") for name in "ab" for k in range(30)} | {"b/x.jpg": b""})
"""Its images are few; what makes it slow is that a test stops its process."""


def test_files_become_an_image_set_which_can_be_changed(jobs: ImageSetJobs, home: Path) -> None:
    sets, task = ImageSets(Settings(home=home)), create(name="Pets")
    files = class_files("cat", "dog")
    job = ended(jobs, jobs.start(task, [Upload(f"pets/{name}", content) for name, content in files.items()]))
    assert (job.state, job.error, job.done, job.count) == ("finished", None, 20, 20)
    made = sets.get(task.id)
    assert (made.name, made.images, made.class_names) == ("Pets", 20, ("cat", "dog"))
    assert ended(jobs, jobs.start(Task("change", task.id, shape=Shape(12, False)))).state == "finished"
    assert ended(jobs, jobs.start(Task("edit", task.id, images=(0, 1), label="dog"))).state == "finished"
    assert [sum(count) for count in sets.get(task.id).counts] == [8, 12]
    assert ended(jobs, jobs.start(Task("undo", task.id))).state == "finished"
    again = sets.get(task.id)
    assert (again.shape, [sum(count) for count in again.counts]) == (Shape(12, False), [10, 10])
    failed = ended(jobs, jobs.start(Task("undo", task.id)))
    assert isinstance(failed.error, DatasetError)
    assert str(failed.error) == "There is nothing to undo."
    assert sets.get(task.id) == again


def test_a_table_that_does_not_say_where_its_labels_are(jobs: ImageSetJobs, home: Path) -> None:
    table = "\n".join(f"{k % 2},{k},{k + 1},{k + 2},{k % 3}" for k in range(30)).encode()
    job = ended(jobs, jobs.start(create(), [Upload("t.csv", table)]))
    assert isinstance(job.error, LabelColumnUnclearError)
    task = create(label_column="first")
    assert ended(jobs, jobs.start(task, [Upload("t.csv", table)])).state == "finished"
    assert ImageSets(Settings(home=home)).get(task.id).class_names == ("0", "1")


BAD = class_files("cat", "dog")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([Upload("a.zip", zipped({**BAD, "../up.png": b""}))], "points outside the folder"),
        ([Upload("a.zip", zipped(BAD)[:-30])], "a.zip cannot be read"),
        ([Upload("../../a.zip", b"PK")], "its name points outside the folder"),
        ([Upload("/elsewhere/a.zip", b"PK"), Upload("b", b"")], "its name points outside the folder"),
        ([Upload("C:\\a.zip", b"PK")], "its name points outside the folder"),
        ([Upload("x/y/a.pdf", b"%PDF"), Upload("x/y/b.pdf", b"%PDF")], "x holds no images in folders of classes"),
        ([Upload("left/a.png", b""), Upload("left/b.png", b"")], "nothing to distinguish"),
        ([Upload("a.pdf", b"%PDF")], "a.pdf is no image set"),
        ([Upload("train-images-idx3-ubyte", b"\0\0\x08\x03" + bytes(12))], "expected the IDX files of one dataset"),
    ],
)
def test_hostile_and_foreign_files_leave_nothing(
    jobs: ImageSetJobs, home: Path, files: list[Upload], said: str
) -> None:
    job = ended(jobs, jobs.start(create(), files))
    assert job.state == "failed"
    assert said in str(job.error)
    assert stored(home) == []


def frozen(jobs: ImageSetJobs, id: str) -> psutil.Process:
    """The process of a job, stopped in its tracks before it can finish."""
    job = jobs.get(id)
    assert job
    process = psutil.Process(wait_until(lambda: job.process).pid)  # type: ignore[union-attr]
    process.suspend()
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="uses signals")
def test_a_stop_leaves_nothing(jobs: ImageSetJobs, home: Path) -> None:
    id = jobs.start(create(), [Upload("slow.zip", SLOW)])
    process = frozen(jobs, id)
    jobs.stop(id)
    job = ended(jobs, id)
    assert (job.state, job.error) == ("stopped", None)
    assert not process.is_running()
    wait_until(lambda: stored(home) == [])


@pytest.mark.skipif(sys.platform == "win32", reason="uses signals")
def test_a_killed_process_is_said_and_leaves_nothing(jobs: ImageSetJobs, home: Path) -> None:
    task = create()
    id = jobs.start(task, [Upload("slow.zip", SLOW)])
    frozen(jobs, id).send_signal(signal.SIGKILL)
    job = ended(jobs, id)
    assert isinstance(job.error, EngineError)
    assert "has ended (exit code -9), perhaps because memory ran out. Nothing was changed." in str(job.error)
    wait_until(lambda: stored(home) == [])
    # It can be tried again at once, and what was there stays as it was through another kill.
    assert ended(jobs, jobs.start(task, [Upload("slow.zip", SLOW)])).state == "finished"
    before = ImageSets(Settings(home=home)).load(task.id), stored(home)
    id = jobs.start(Task("change", task.id, shape=Shape(200)))
    with pytest.raises(DatasetError, match="is being changed at the moment"):
        jobs.start(Task("undo", task.id))
    frozen(jobs, id).send_signal(signal.SIGKILL)
    assert ended(jobs, id).state == "failed"
    wait_until(lambda: stored(home) == before[1])
    assert (ImageSets(Settings(home=home)).load(task.id).x_train == before[0].x_train).all()


def test_what_a_killed_process_left_in_its_folder_is_removed(jobs: ImageSetJobs, home: Path) -> None:
    left = home / "image-sets" / "unfinished-12345678-set-00000001"
    other = home / "image-sets" / "unfinished-12345678-set-00000002"
    for folder in (left, other):
        folder.mkdir(parents=True)
        (folder / "originals.bin").write_bytes(b"half")
    ImageSets(Settings(home=home)).clean("set-00000001")
    assert (left.exists(), other.exists()) == (False, True)


FULL = """
import resource, sys
from pathlib import Path
from cnnlab.datasets.image_sets.store import ImageSets
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.lab.image_set_jobs import ImageSetJobs
from cnnlab.settings import Settings
from tests.waiting import wait_until

settings = Settings(home=Path(sys.argv[1]))
jobs = ImageSetJobs(settings, ImageSets(settings))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
job = jobs.get(jobs.start(Task("create", "set-00000001"), [Upload("a.zip", Path(sys.argv[2]).read_bytes())]))
wait_until(lambda: job.state != "running")
wait_until(lambda: not list((settings.home / "uploads").glob("*")))
print(type(job.error).__name__, job.error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="uses a limit that Windows does not have")
@pytest.mark.parametrize("share", [0.5, 1.2])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, home: Path, share: float) -> None:
    """The disk is full while the upload is written, or while the images are."""
    # Stored without loss, small photos take several times as much as in their files.
    photos = {f"{name}/{k}.jpg": image_file(scene(k).resize((100, 100)), "JPEG") for name in "ab" for k in range(12)}
    content = zipped(photos)
    (tmp_path / "a.zip").write_bytes(content)
    most = str(int(share * len(content)))
    command = [sys.executable, "-c", FULL, str(home), str(tmp_path / "a.zip"), most]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith(StoreError.__name__)
    assert "File too large" in said
    assert stored(home) == []


def test_an_error_comes_through_whole() -> None:
    lines = io.StringIO()
    error = DatasetError("{file} has {count:,} rows.", "Cut it.", file="a.csv", count=1200)
    tasks.Reporter(lines).failed(error)
    found = tasks.error_of(json.loads(lines.getvalue()))
    assert (type(found), str(found)) == (DatasetError, "a.csv has 1,200 rows. Cut it.")
