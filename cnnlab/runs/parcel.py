"""A run as one file, to be taken to another Lab: everything that it needs there.

The file is a zip: `run.json` (what it is, the specs, the format's version), `events.jsonl`, and the files of the run's
folder. One that is brought in can come from a stranger: nothing is unpacked by the names in it, every file is read
within bounds and for what it should hold, and arrays are written anew (`contents`).
"""

from __future__ import annotations

import io
import json
import math
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network.foreign import brief
from cnnlab.network.keras_file import DAMAGED
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import contents, formats
from cnnlab.runs.record import MAX_NAME, MAX_NOTE, Run, State, error_to_json, one_line, several_lines, tag_list
from cnnlab.runs.store import RunStore
from cnnlab.training.events import AnyEvent, Epoch, from_json
from cnnlab.training.spec import TrainingSpec

FORMAT: Literal[1] = 1
MOST_BYTES = 500_000_000
"""Of all that is unpacked."""
MOST_FILES = 2_000
MOST_EVENTS = 100_000
MOST_NUMBER = 10**9
"""Of a count in an event."""

RUN, EVENTS = "run.json", "events.jsonl"
_MOST_TEXT = {RUN: 1_000_000, EVENTS: 50_000_000}

_ATTEMPTS = 5
"""How often the files of a run that goes on are looked through: it replaces its checkpoint after every epoch."""


class Card(BaseModel):
    """What `run.json` says."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    format: Literal[1] = FORMAT
    name: str = ""
    state: Literal["finished", "stopped", "failed", "interrupted"]
    reason: str = ""
    started: float | None = Field(None, ge=0, le=1e11)
    ended: float | None = Field(None, ge=0, le=1e11)
    note: str = ""
    tags: list[str] = []
    network: dict[str, Any]
    training: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Parcel:
    """A run that was read from a file, checked, and not yet in a Lab."""

    card: Card
    network: NetworkSpec
    training: TrainingSpec
    events: tuple[AnyEvent, ...]
    files: contents.Files = field(default_factory=dict)


def pack(run: Run, events: Iterable[AnyEvent], folder: Path) -> bytes:
    """The file of a run. One that goes on is packed as it is now, as an interrupted one.

    Raises:
        CNNLabError: it is larger than what a Lab takes in, or its files change all the time.
    """
    state: State = "interrupted" if run.going else run.state
    card = Card(
        name=run.name,
        state=state,
        reason=str(run.error) if run.error else "",
        started=run.started,
        ended=run.ended,
        note=run.note,
        tags=list(run.tags),
        network=run.network.model_dump(mode="json"),
        training=run.training.model_dump(mode="json"),
    )
    files = _files(folder)
    if sum(map(len, files.values())) > MOST_BYTES:
        raise CNNLabError(
            N_("The run's files have more than {most:.0f} MB together; a Lab takes in no more."),
            N_("Take its model away instead."),
            most=MOST_BYTES / 1e6,
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(RUN, card.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
        lines = "".join(event.model_dump_json() + "\n" for event in events)
        archive.writestr(EVENTS, lines, zipfile.ZIP_DEFLATED)
        for name, file in files.items():
            # Weights hardly get smaller, and would keep the processor busy for seconds.
            archive.writestr(name, file)
    return content.getvalue()


def _files(folder: Path) -> dict[str, bytes]:
    for _ in range(_ATTEMPTS):
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        try:
            return {name: (folder / name).read_bytes() for name in names if contents.belongs(name)}
        except FileNotFoundError:
            continue
    raise CNNLabError(N_("The run's files change all the time."), N_("Stop the run, or try again when it has ended."))


def unpack(content: bytes, max_parameters: int) -> Parcel:
    """Read the file of a run.

    Raises:
        CNNLabError: it is none, is damaged or too large, was written by a newer CNN Lab, or what it holds does not fit
            together; the error says what.
    """
    if len(content) > MOST_BYTES:
        raise _too_large()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_names(archive)
            card = _card(archive.read(RUN))
            network, training = NetworkSpec.from_content(card.network), TrainingSpec.model_validate(card.training)
            limits = contents.Limits(network, training.checked(), max_parameters)
            events = _events(archive.read(EVENTS), limits)
            files = {name: contents.read(name, archive.read(name), limits) for name in _others(archive)}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise damaged(f"{brief('.'.join(map(str, first['loc'])))}: {brief(first['msg'])}") from None
    except (*DAMAGED, RecursionError) as error:
        said = next((part for part in error.args if isinstance(part, str)), type(error).__name__)
        raise damaged(brief(said).rstrip(".")) from None
    contents.check_together(files, card.state)
    return Parcel(card, network, training, tuple(events), files)


def _check_names(archive: zipfile.ZipFile) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = [entry.filename for entry in entries]
    if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES or len(archive.infolist()) > MOST_FILES:
        raise _too_large()
    for name in (RUN, EVENTS):
        if name not in names:
            raise damaged(f"{name} ✗")
    for entry in entries:
        text = entry.filename in _MOST_TEXT
        if not (text or contents.belongs(entry.filename)) or names.count(entry.filename) > 1:
            raise CNNLabError(
                N_("The file holds something that does not belong in a run: {name}."),
                N_("Choose a run that was downloaded from a CNN Lab, as it came."),
                name=brief(entry.filename),
            )
        if text and entry.file_size > _MOST_TEXT[entry.filename]:
            raise _too_large()


def _others(archive: zipfile.ZipFile) -> list[str]:
    return [entry.filename for entry in archive.infolist() if not entry.is_dir() and entry.filename not in _MOST_TEXT]


def _card(text: bytes) -> Card:
    content = json.loads(text)
    version = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise CNNLabError(
            N_("The run was packed by a newer CNN Lab (format {theirs}; this one reads {ours})."),
            N_("Update CNN Lab, then bring it in."),
            theirs=brief(version),
            ours=FORMAT,
        )
    return Card.model_validate(content)


def _events(text: bytes, limits: contents.Limits) -> list[AnyEvent]:
    lines = text.splitlines()
    if len(lines) > MOST_EVENTS:
        raise _too_large()
    events: dict[str, AnyEvent] = {}
    for number, line in enumerate(lines, 1):
        try:
            event = from_json(line)
            _check_event(event, limits)
        except ValueError:
            raise damaged(f"{EVENTS}: {number}") from None
        events.setdefault(event.key, event)
    return list(events.values())


def _check_event(event: AnyEvent, limits: contents.Limits) -> None:
    """Pages divide by some of these numbers and look classes up by others; ValueError for impossible ones."""
    values = event.model_dump()
    counts = [value for value in values.values() if isinstance(value, int)]
    if not all(0 <= count <= MOST_NUMBER for count in counts) or not math.isfinite(event.at):
        raise ValueError(event.kind)
    at_least_one = [values[name] for name in ("epochs", "steps") if name in values]
    if event.kind in ("epoch", "batch", "answers"):
        at_least_one.append(values["epoch"])
    predictions = values.get("predictions", ())
    if not all(at_least_one) or not all(0 <= answer < limits.classes for answer in predictions):
        raise ValueError(event.kind)


def put(parcel: Parcel, store: RunStore, who: str, run: str) -> None:
    """Write a run that was read into a Lab, under the new id `run`.

    Raises:
        StoreError: the Lab's folder cannot be written.
    """
    card, folder = parcel.card, store.folder(run)
    folder.mkdir(parents=True)
    for name, file in parcel.files.items():
        contents.write(folder, name, file)
    failure = _failure(card)
    values = {
        "id": run,
        "name": one_line(card.name, MAX_NAME) or one_line(parcel.network.name, MAX_NAME),
        "who": who,
        "state": card.state,
        "network": parcel.network.to_json(),
        "training": parcel.training.model_dump_json(),
        "created": time.time(),
        "started": card.started,
        "ended": card.ended,
        "turn": 0,
        "server": "",
        "error": error_to_json(failure) if failure else None,
        "note": several_lines(card.note, MAX_NOTE),
        "tags": json.dumps(tag_list(card.tags), ensure_ascii=False),
        **dict(zip(("parameters", "multiply_adds"), formats.sizes(parcel.network), strict=True)),
        "last_event": len(parcel.events),
    }
    places = ", ".join(f":{name}" for name in values)
    # One write: with a full disk there is no run at all.
    with store.transaction() as database:
        database.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({places})", values)
        for number, event in enumerate(parcel.events, 1):
            database.execute(
                "INSERT INTO events (run, n, key, event) VALUES (?, ?, ?, ?)",
                (run, number, event.key, event.model_dump_json()),
            )
            if isinstance(event, Epoch):
                formats.note_epoch(database, run, event)


def _failure(card: Card) -> CNNLabError | None:
    """Why it failed where it was trained, in the words that were said there; its templates are not believed."""
    if card.state != "failed":
        return None
    return CNNLabError(N_("It failed where it was trained: {reason}"), reason=several_lines(card.reason, MAX_NOTE))


def damaged(reason: str) -> CNNLabError:
    return CNNLabError(
        N_("This file holds no run, or it is damaged ({reason})."),
        N_("Choose a run that was downloaded from a CNN Lab, as it came."),
        reason=reason,
    )


def _too_large() -> CNNLabError:
    return CNNLabError(
        N_("The file holds more than a run does: at most {most:.0f} MB unpacked, in {files:,} files."),
        N_("Choose a run that was downloaded from a CNN Lab, as it came."),
        most=MOST_BYTES / 1e6,
        files=MOST_FILES,
    )
