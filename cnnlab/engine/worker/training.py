"""Train a run in a worker. Needs TensorFlow.

Arguments and results are plain values, so that the server does not import TensorFlow when it unpickles them; exceptions
are returned as text in a `RunResult`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import traceback
from dataclasses import replace
from pathlib import Path

import keras
import psutil
import tensorflow as tf
from distributed import get_worker

from cnnlab import datasets, settings
from cnnlab.engine.protocol import RunResult
from cnnlab.engine.worker.inference import load_dataset
from cnnlab.engine.worker.run_control import follow_control
from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import check
from cnnlab.training import initial_state, memory
from cnnlab.training.checkpoint import FINAL, save_final
from cnnlab.training.events import AnyEvent
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train


def train_run(run: str, topic: str, folder: str, network: str, training: str, digest: str = "") -> RunResult:
    """Train a run; send its events to the Dask topic `topic` and write its files to `folder`. Specs are JSON.

    Args:
        digest: of the image set that the run started with, which it must still have; "" for a built-in dataset.
    """
    result = _train(run, topic, Path(folder), network, training, digest)
    keras.backend.clear_session()
    gc.collect()
    _release_memory()
    return replace(result, worker=get_worker().address, memory=psutil.Process().memory_info().rss)


def _train(run: str, topic: str, folder: Path, network: str, training: str, digest: str) -> RunResult:
    worker = get_worker()

    def report(event: AnyEvent) -> None:
        worker.log_event(topic, event.model_dump_json())

    try:
        layers, spec = NetworkSpec.from_json(network), TrainingSpec.model_validate_json(training)
        info, limit = datasets.unchanged(spec.checked().dataset, digest), settings.from_environment().max_parameters
        summary = check(layers, info.input_shape, len(info.class_names), limit)
        memory.check(summary, spec, dataset=info)
        folder.mkdir(parents=True, exist_ok=True)
        # A resumed run is no longer final: until it ends, its weights come from its checkpoints.
        (folder / FINAL).unlink(missing_ok=True)
        with follow_control(run) as control:
            trained = train(
                layers,
                spec,
                load_dataset(spec.dataset),
                report,
                control,
                folder=folder,
                initial=initial_state.read(folder),
                summary=summary,
            )
        save_final(folder, trained.model)
    except CNNLabError as error:
        return RunResult(error)
    # The process boundary: any exception becomes a failed run with a reason, so that no run is lost.
    except Exception as error:
        return RunResult(_explained(error), traceback.format_exc())
    return RunResult()


def _release_memory() -> None:
    """Return freed memory to the system, which glibc does not do by itself; does nothing with other C libraries."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _explained(error: Exception) -> CNNLabError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return CNNLabError(
            N_("The disk is full: the run's weights could not be written."),
            N_("Free some space (deleting runs helps), then resume the run."),
        )
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return CNNLabError(
            N_("There was not enough memory to train this network."),
            N_("Use a smaller batch, or fewer filters and units."),
        )
    if isinstance(error, OSError):
        return CNNLabError(
            N_("A file of the run could not be read or written ({reason})."),
            N_("Fix the permissions of the Lab's folder, then resume the run."),
            reason=str(error),
        )
    return CNNLabError(
        N_("Training failed with an unexpected error: {error}."),
        N_("The traceback below helps the developers."),
        error=f"{type(error).__name__}: {str(error)[:300]}",
    )
