"""Tell whether a run's network was trained in this Lab from the start, and what to say if it was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cnnlab.errors import StoreError
from cnnlab.i18n.marks import N_
from cnnlab.runs import builtin
from cnnlab.runs.archive_files import CONTINUED, IMPORTED, RECORDED
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.training.spec import TrainingSpec

_DIVISION = ("validation", "validation_split", "random_state", "train_size", "classes")

Origin = Literal["here", "elsewhere", "continued"]
"""Where a network was trained: here, elsewhere (imported or recorded), or elsewhere first and then here (a fork)."""

UNKNOWN_IMAGES: Mapping[Origin, str] = {
    "elsewhere": N_("This network was trained outside CNN Lab, and it is not known on which images."),
    "continued": N_(
        "This run started with a network that was trained outside CNN Lab, and it is not known on which images."
    ),
}
MAYBE_SEEN = N_("Its validation images may be among them, so its accuracy on these may be higher than on new images.")


def origin(store: RunStore, run: str) -> Origin:
    """Return where a run's network was trained."""
    folder = store.folder(run)
    if (folder / IMPORTED).exists() or (folder / RECORDED).exists():
        return "elsewhere"
    return "continued" if (folder / CONTINUED).exists() or _forked(store, run) else "here"


def _forked(store: RunStore, run: str) -> bool:
    """Return whether a run that it was forked from was trained elsewhere."""
    try:
        parent = store.find(run).parent
    except StoreError:
        # A built-in network, or a run that is gone.
        return False
    return parent is not None and origin(store, parent) != "here"


def may_have_seen(source: Run, training: TrainingSpec) -> bool:
    """Return whether a network may have been trained on validation or test images of a new run that starts from it.

    The sets of MNIST's digits share images. A run on the same dataset has seen none of them if both divide it alike.
    """
    before = source.training
    if source.id in builtin.NAMES:
        # These have seen all of MNIST's training digits.
        return _is_mnist(training.dataset)
    if before.dataset != training.dataset:
        return _is_mnist(before.dataset) and _is_mnist(training.dataset)
    return any(getattr(before, name) != getattr(training, name) for name in _DIVISION)


def _is_mnist(dataset: str) -> bool:
    return dataset.split("-", maxsplit=1)[0] == "mnist"
