"""What a run keeps about the image set that it was trained on: as JSON, since the set can be changed or deleted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cnnlab.datasets.image_sets.shaping import MAX_SIZE, MIN_SIZE, Fit
from cnnlab.datasets.registry import IMAGE_SET_ID, DatasetInfo
from cnnlab.i18n.marks import Verbatim

MAX_CLASSES = 10_000
MAX_TEXT = 1_000
"""Maximum number of characters of a name or description."""

_Count = Annotated[int, Field(ge=0, le=10**9)]
_Side = Annotated[int, Field(ge=MIN_SIZE, le=MAX_SIZE)]
_Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class Description(BaseModel):
    """An image set, described. It may come from a file of another Lab, so every value is checked.

    Attributes:
        name: its id; the other fields are those of `DatasetInfo`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Annotated[str, StringConstraints(pattern=f"^{IMAGE_SET_ID}$")]
    title: _Text
    description: _Text = ""
    input_shape: tuple[_Side, _Side, Literal[1, 3]]
    class_names: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=MAX_CLASSES)]
    train_size: _Count
    test_size: _Count
    validation_size: _Count
    counts: tuple[tuple[_Count, _Count, _Count], ...] = ()
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    fit: Fit

    @classmethod
    def of(cls, info: DatasetInfo) -> Description | None:
        """Return the description of an image set; None for a built-in dataset, which every Lab knows."""
        if not info.own:
            return None
        return cls.model_validate({name: _plain(getattr(info, name)) for name in cls.model_fields})

    @property
    def info(self) -> DatasetInfo:
        """Return the image set as a dataset."""
        texts = {
            "title": Verbatim(self.title),
            "description": Verbatim(self.description),
            "class_names": tuple(map(Verbatim, self.class_names)),
        }
        return DatasetInfo(**{**dict(self), **texts}, credit="", license="")


def to_json(info: DatasetInfo) -> str:
    """Return an image set's description as JSON; "" for a built-in dataset."""
    description = Description.of(info)
    return description.model_dump_json() if description else ""


def from_json(text: str) -> DatasetInfo:
    """Return the image set that `to_json` described."""
    return Description.model_validate_json(text).info


def _plain(value: Any) -> Any:
    """Return texts as `str`, without the mark that they are not to be translated."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return str(value) if isinstance(value, str) else value
