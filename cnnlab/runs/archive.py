"""Export a run as one zip file, and import it into another Lab.

The zip contains `run.json` (the specs and the format's version), `events.jsonl`, and the files of the run's folder. An
imported zip is untrusted: no file is extracted to a path from the zip, every file is size-limited and validated, and
arrays are rewritten (see `archive_files`).
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnnlab.datasets import DATASETS, DatasetInfo, description, is_image_set
from cnnlab.datasets.description import Description
from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.keras_archive import DAMAGED
from cnnlab.network.keras_chain import excerpt
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import archive_files, schema
from cnnlab.runs.run import MAX_NAME, MAX_NOTE, Run, State, error_to_json, one_line, several_lines, tag_list
from cnnlab.runs.store import RunStore
from cnnlab.training.events import AnyEvent, Epoch, from_json
from cnnlab.training.spec import TrainingSpec

FORMAT: Literal[1] = 1
MAX_BYTES = 500_000_000
"""Maximum size of all files after unpacking."""
MAX_FILES = 2_000
MAX_EVENTS = 100_000

RUN_FILE, EVENTS_FILE = "run.json", "events.jsonl"
_MAX_TEXT_BYTES = {RUN_FILE: 1_000_000, EVENTS_FILE: 50_000_000}

_ATTEMPTS = 5
"""Attempts to read the files of an active run, which replaces its checkpoint after every epoch."""


class RunInfo(BaseModel):
    """Content of `run.json`."""

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
    image_set: Description | None = None


@dataclass(frozen=True, eq=False)
class UnpackedRun:
    """A run that was read from a file and validated, but not yet added to a Lab."""

    info: RunInfo
    network: NetworkSpec
    training: TrainingSpec
    events: tuple[AnyEvent, ...]
    files: archive_files.Files = field(default_factory=dict)

    @property
    def dataset(self) -> DatasetInfo:
        """The dataset that the run was trained on; an image set as the exporting Lab described it."""
        return _dataset(self.info, self.training)

    def on(self, image_set: DatasetInfo) -> UnpackedRun:
        """Return the run on an image set of this Lab that equals its own, but has another id."""
        info = self.info.model_copy(update={"image_set": Description.of(image_set)})
        return replace(self, info=info, training=self.training.replace(dataset=image_set.name))


def pack(run: Run, events: Iterable[AnyEvent], folder: Path) -> bytes:
    """Return a run as a zip file. An active run is packed in its current state, as interrupted.

    Raises:
        CNNLabError: the run is larger than a Lab can import, or its files keep changing.
    """
    state: State = "interrupted" if run.active else run.state
    info = RunInfo(
        name=run.name,
        state=state,
        reason=str(run.error) if run.error else "",
        started=run.started,
        ended=run.ended,
        note=run.note,
        tags=list(run.tags),
        network=run.network.model_dump(mode="json"),
        training=run.training.model_dump(mode="json"),
        image_set=Description.of(run.dataset),
    )
    files = _files(folder)
    if sum(map(len, files.values())) > MAX_BYTES:
        raise CNNLabError(
            N_("The run's files exceed {most:.0f} MB in total, the most that a Lab can import."),
            N_("Export only the model instead."),
            most=MAX_BYTES / 1e6,
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(RUN_FILE, info.model_dump_json(indent=1, exclude_none=True), zipfile.ZIP_DEFLATED)
        lines = "".join(event.model_dump_json() + "\n" for event in events)
        archive.writestr(EVENTS_FILE, lines, zipfile.ZIP_DEFLATED)
        for name, file in files.items():
            # Stored uncompressed: compressing weights takes seconds and saves little.
            archive.writestr(name, file)
    return content.getvalue()


def _files(folder: Path) -> dict[str, bytes]:
    for _ in range(_ATTEMPTS):
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        try:
            return {name: (folder / name).read_bytes() for name in names if archive_files.is_run_file(name)}
        except FileNotFoundError:
            continue
    raise CNNLabError(N_("The run's files keep changing."), N_("Stop the run, or try again when it has ended."))


def unpack(content: bytes, max_parameters: int) -> UnpackedRun:
    """Read and validate a zip file that `pack` wrote.

    Raises:
        CNNLabError: the file is not an exported run, is damaged or too large, was written by a newer CNN Lab, or its
            contents are inconsistent.
    """
    if len(content) > MAX_BYTES:
        raise _too_large()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_names(archive)
            info = _run_info(archive.read(RUN_FILE))
            network, training = NetworkSpec.from_content(info.network), TrainingSpec.model_validate(info.training)
            limits = archive_files.Limits(network, _dataset(info, training.checked()), max_parameters)
            events = _events(archive.read(EVENTS_FILE), limits)
            files = {name: archive_files.read(name, archive.read(name), limits) for name in _folder_files(archive)}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise damaged_file(f"{excerpt('.'.join(map(str, first['loc'])))}: {excerpt(first['msg'])}") from None
    except (*DAMAGED, RecursionError) as error:
        message = next((part for part in error.args if isinstance(part, str)), type(error).__name__)
        raise damaged_file(excerpt(message).rstrip(".")) from None
    archive_files.check_complete(files, info.state)
    return UnpackedRun(info, network, training, tuple(events), files)


def _check_names(archive: zipfile.ZipFile) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = [entry.filename for entry in entries]
    if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES or len(archive.infolist()) > MAX_FILES:
        raise _too_large()
    for name in (RUN_FILE, EVENTS_FILE):
        if name not in names:
            raise damaged_file(f"{name} ✗")
    for entry in entries:
        text = entry.filename in _MAX_TEXT_BYTES
        if not (text or archive_files.is_run_file(entry.filename)) or names.count(entry.filename) > 1:
            raise CNNLabError(
                N_("The file contains something that is not part of a run: {name}."),
                N_("Choose a run that was exported from CNN Lab, unchanged."),
                name=excerpt(entry.filename),
            )
        if text and entry.file_size > _MAX_TEXT_BYTES[entry.filename]:
            raise _too_large()


def _folder_files(archive: zipfile.ZipFile) -> list[str]:
    return [
        entry.filename for entry in archive.infolist() if not entry.is_dir() and entry.filename not in _MAX_TEXT_BYTES
    ]


def _run_info(text: bytes) -> RunInfo:
    content = json.loads(text)
    version = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise CNNLabError(
            N_("The run was exported from a newer CNN Lab (format {theirs}; this one reads {ours})."),
            N_("Update CNN Lab, then import it again."),
            theirs=excerpt(version),
            ours=FORMAT,
        )
    return RunInfo.model_validate(content)


def _dataset(info: RunInfo, training: TrainingSpec) -> DatasetInfo:
    """Return the dataset of a run; CNNLabError if it is an image set that the file does not describe."""
    if not is_image_set(training.dataset):
        return DATASETS[training.dataset]
    if info.image_set is None or info.image_set.name != training.dataset:
        raise damaged_file(f"{RUN_FILE}: image_set")
    return info.image_set.info


def _events(text: bytes, limits: archive_files.Limits) -> list[AnyEvent]:
    lines = text.splitlines()
    if len(lines) > MAX_EVENTS:
        raise _too_large()
    events: dict[str, AnyEvent] = {}
    for number, line in enumerate(lines, 1):
        try:
            event = from_json(line)
            archive_files.check_event(event, limits)
        except ValueError:
            raise damaged_file(f"{EVENTS_FILE}: {number}") from None
        events.setdefault(event.key, event)
    return list(events.values())


def add_run(unpacked: UnpackedRun, store: RunStore, who: str, run: str) -> None:
    """Add an unpacked run to a Lab, under the new id `run`.

    Raises:
        StoreError: the Lab's folder cannot be written.
    """
    info, folder = unpacked.info, store.folder(run)
    folder.mkdir(parents=True)
    for name, file in unpacked.files.items():
        archive_files.write(folder, name, file)
    failure = _failure(info)
    values = {
        "id": run,
        "name": one_line(info.name, MAX_NAME) or one_line(unpacked.network.name, MAX_NAME),
        "who": who,
        "state": info.state,
        "network": unpacked.network.to_json(),
        "training": unpacked.training.model_dump_json(),
        "image_set": description.to_json(unpacked.dataset),
        "created": time.time(),
        "started": info.started,
        "ended": info.ended,
        "turn": 0,
        "server": "",
        "error": error_to_json(failure) if failure else None,
        "note": several_lines(info.note, MAX_NOTE),
        "tags": json.dumps(tag_list(info.tags), ensure_ascii=False),
        **dict(zip(("parameters", "multiply_adds"), schema.sizes(unpacked.network), strict=True)),
        "last_event": len(unpacked.events),
    }
    parameters = ", ".join(f":{name}" for name in values)
    # One transaction: if the disk is full, no run is added at all.
    with store.transaction() as database:
        database.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({parameters})", values)
        for number, event in enumerate(unpacked.events, 1):
            database.execute(
                "INSERT INTO events (run, n, key, event) VALUES (?, ?, ?, ?)",
                (run, number, event.key, event.model_dump_json()),
            )
            if isinstance(event, Epoch):
                schema.note_epoch(database, run, event)


def _failure(info: RunInfo) -> CNNLabError | None:
    """Return the error of a failed run as plain text; templates from an untrusted file are not used."""
    if info.state != "failed":
        return None
    return CNNLabError(N_("It failed where it was trained: {reason}"), reason=several_lines(info.reason, MAX_NOTE))


def damaged_file(reason: str) -> CNNLabError:
    """Return the error for a file that cannot be read as a run."""
    return CNNLabError(
        N_("This file contains no run, or it is damaged ({reason})."),
        N_("Choose a run that was exported from CNN Lab, unchanged."),
        reason=reason,
    )


def _too_large() -> CNNLabError:
    return CNNLabError(
        N_("The file is too large for a run: at most {most:.0f} MB unpacked, in {files:,} files."),
        N_("Choose a run that was exported from CNN Lab, unchanged."),
        most=MAX_BYTES / 1e6,
        files=MAX_FILES,
    )
