"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnlab.files import new_folder, remove_folder, replacing


def test_a_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "weights.npz"
    with replacing(path) as unfinished:
        assert (unfinished.parent, unfinished.suffix) == (path.parent, ".npz")
        assert unfinished.name.startswith("unfinished-")
        unfinished.write_bytes(b"first")
        assert not path.exists()
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"first", [path])
    with replacing(path) as unfinished:
        unfinished.write_bytes(b"second")
        assert path.read_bytes() == b"first"
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"second", [path])


@pytest.mark.parametrize("failure", [OSError("full"), KeyboardInterrupt()])
def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path, failure: BaseException) -> None:
    path = tmp_path / "index.json"
    path.write_bytes(b"before")
    with pytest.raises(type(failure)), replacing(path) as unfinished:
        unfinished.write_bytes(b"ha")
        raise failure
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"before", [path])


def test_nothing_written_is_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "index.json"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_write_into_each_others_file(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    with replacing(path) as one:
        one.write_text("one")
        with replacing(path) as other:
            other.write_text("other")
        assert path.read_text() == "other"
    assert (path.read_text(), list(tmp_path.iterdir())) == ("one", [path])


def test_a_folder_is_there_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "sets" / "one"
    with new_folder(path) as unfinished:
        (unfinished / "a.txt").write_text("a")
        assert not path.exists()
    assert ((path / "a.txt").read_text(), list(path.parent.iterdir())) == ("a", [path])
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "sets" / "two") as unfinished:
        (unfinished / "a.txt").write_text("a")
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == [path]
    remove_folder(path)
    assert list(path.parent.iterdir()) == []
