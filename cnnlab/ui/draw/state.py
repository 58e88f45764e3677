"""State of the Draw page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from cnnlab.errors import CNNLabError
from cnnlab.training.snapshots import Moment
from cnnlab.vision.photo_digits import Frame, PhotoDigits


class ChosenNetwork(NamedTuple):
    """A network whose prediction is shown: a run and one of its snapshots (None: the newest)."""

    run: str
    moment: Moment | None = None


class PhotoSearch(NamedTuple):
    """A search for digits: id of the upload, whether its ink is dark (None: unknown), and the part of the photo."""

    file: str
    dark_on_light: bool | None
    frame: Frame


@dataclass
class DrawState:
    """State of the Draw page.

    Attributes:
        others: the networks that are compared with the run that all pages share.
        preprocessing: step of `digit_preprocessing.prepare` -> whether it is switched on.
        collection: the collection that was used last.
        drawing: id of the drawing selected in it.
        removed: ids of the removed drawings, the latest one last.
        imported: id of the file that was imported last.
        searches: searches on the last photo -> the digits, or why there are none.
    """

    others: list[ChosenNetwork] = field(default_factory=list)
    preprocessing: dict[str, bool] = field(default_factory=dict)
    collection: str = ""
    drawing: int | None = None
    removed: list[int] = field(default_factory=list)
    imported: str = ""
    searches: dict[PhotoSearch, PhotoDigits | CNNLabError] = field(default_factory=dict)
