"""Create and change image sets in processes of their own, which can be stopped, and whose death harms nobody else."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from cnnlab.datasets.image_sets import tasks, uploads
from cnnlab.datasets.image_sets.store import ImageSets
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.errors import CNNLabError, DatasetError, EngineError, explain_folder
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

State = Literal["running", "finished", "failed", "stopped"]
MAX_ENDED = 100
"""Number of ended jobs that are remembered."""


@dataclass
class Job:
    """Something that is being done with an image set.

    Attributes:
        id: identifies it.
        task: what is done.
        state: how far it is.
        done, count: number of images done, and of all; 0 while that is not known.
        error: why it failed.
    """

    id: str
    task: Task
    state: State = "running"
    done: int = 0
    count: int = 0
    error: CNNLabError | None = None
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def image_set(self) -> str:
        """The id of the image set."""
        return self.task.id


class ImageSetJobs:
    """Runs tasks on image sets, each in a process and watched by a thread. Safe to use from several threads."""

    def __init__(self, settings: Settings, sets: ImageSets) -> None:
        self._settings = settings
        self._sets = sets
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, task: Task, files: Sequence[Upload] = ()) -> str:
        """Begin a task and return the id of its job.

        Args:
            files: the files of a new image set, in place of `task.source`.

        Raises:
            DatasetError: the image set is being changed already.
        """
        job = Job(secrets.token_hex(4), task)
        with self._lock:
            if any(other.state == "running" and other.image_set == task.id for other in self._jobs.values()):
                raise DatasetError(N_("This image set is being changed at the moment."), N_("Try again in a moment."))
            ended = [id for id, other in self._jobs.items() if other.state != "running"]
            for id in ended[:-MAX_ENDED]:
                del self._jobs[id]
            self._jobs[job.id] = job
        threading.Thread(target=self._work, args=(job, files), daemon=True, name=f"image-set-{job.id}").start()
        return job.id

    def get(self, id: str) -> Job | None:
        """Return a job; None if there is none, for example since the app was started again."""
        return self._jobs.get(id)

    def stop(self, id: str) -> None:
        """Stop a job; nothing of it is kept."""
        job = self._jobs.get(id)
        if job and self._end(job, "stopped") and job.process:
            job.process.kill()

    def close(self) -> None:
        """Stop all jobs."""
        for id in list(self._jobs):
            self.stop(id)

    def _end(self, job: Job, state: State, error: CNNLabError | None = None) -> bool:
        """Set how a job ended, unless it has ended already; return whether it had not."""
        with self._lock:
            if job.state != "running":
                return False
            # The state last, so that the error is there once the state says so.
            job.error = error
            job.state = state
            return True

    def _work(self, job: Job, files: Sequence[Upload]) -> None:
        try:
            with explain_folder(self._settings.home):
                if job.task.source or job.task.kind != "create":
                    self._run(job, job.task)
                    return
                with uploads.kept(self._settings.home, files) as source:
                    self._run(job, replace(job.task, source=str(source)))
        except CNNLabError as error:
            self._end(job, "failed", error)
        finally:
            # A bug ends this thread, but must not leave the job running forever.
            self._end(job, "failed", _died(1))

    def _run(self, job: Job, task: Task) -> None:
        """Run a task in a process, follow it to its end, and remove what it left if it did not finish."""
        process = self._spawn()
        with self._lock:
            job.process = process
            stopped = job.state != "running"
        if stopped:
            process.kill()
        said = self._follow(job, process, task)
        process.wait()
        if "error" in said:
            self._end(job, "failed", tasks.error_of(said))
        elif "made" not in said:
            self._end(job, "failed", _died(process.returncode))
        else:
            self._end(job, "finished")
        if job.state != "finished":
            self._clean(task)

    def _follow(self, job: Job, process: subprocess.Popen[str], task: Task) -> dict[str, object]:
        """Give a process its task, note how far it is, and return the last thing that it said."""
        assert process.stdin is not None
        assert process.stdout is not None
        said: dict[str, object] = {}
        with suppress(BrokenPipeError):
            process.stdin.write(tasks.write(task))
            process.stdin.flush()
        for line in process.stdout:
            with suppress(ValueError):  # the last line of a process that was killed
                said = json.loads(line)
            if "done" in said:
                job.done, job.count = int(str(said["done"])), int(str(said["count"]))
        with suppress(BrokenPipeError):
            process.stdin.close()
        return said

    def _clean(self, task: Task) -> None:
        if task.kind == "create":
            # Stopped in the moment in which it was done.
            with suppress(DatasetError):
                self._sets.delete(task.id)
        self._sets.clean(task.id)

    def _spawn(self) -> subprocess.Popen[str]:
        with (self._settings.home / "image-sets.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "cnnlab.datasets.image_sets"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=Path(__file__).parents[2],
                env={**os.environ, **self._settings.to_environment()},
            )


def _died(code: int) -> EngineError:
    return EngineError(
        N_("The process that worked on the images has ended (exit code {code}), perhaps because memory ran out."),
        N_("Nothing was changed. Try again, with fewer images if it happens again."),
        code=code,
    )
