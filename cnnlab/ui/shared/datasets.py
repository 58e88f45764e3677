"""Datasets as the pages name and choose them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cnnlab.datasets import DatasetInfo
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.text import _, translate

_TRAIN_SIZE = 1_000
"""Assumed number of training images of an image set that this Lab does not have, for a suitable batch size."""


def titles(infos: Iterable[DatasetInfo]) -> dict[str, str]:
    """Return name -> label of datasets in a list, in its order.

    Streamlit tells options apart by their labels only, so image sets of one name get the first digits of their ids.
    """
    listed = {info.name: info for info in infos}
    labels = {name: translate(info.title) for name, info in listed.items()}
    counts = Counter(labels.values())
    return {
        name: f"{label} · {name[4:8]}" if counts[label] > 1 and listed[name].own else label
        for name, label in labels.items()
    }


def chosen() -> DatasetInfo:
    """Return the dataset that Start trains on; for an image set that this Lab does not have, one of the same form."""
    me = session()
    return lab().datasets.find(me.training.dataset) or _missing(me.training.dataset)


def _missing(name: str) -> DatasetInfo:
    """Return a description that fits the current network, so that it can still be edited."""
    network = session().network
    units = next((units for layer in reversed(network.layers) if (units := getattr(layer, "units", 0))), 1)
    return DatasetInfo(
        name=name,
        title=_("Image set {id}, not in this Lab", id=name),
        description="",
        input_shape=network.input_shape,
        class_names=tuple(map(str, range(units))),
        train_size=_TRAIN_SIZE,
        test_size=0,
        credit="",
        license="",
    )
