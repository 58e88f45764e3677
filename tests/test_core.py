"""Errors and settings."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.datasets import DatasetUnavailable
from cnnlab.errors import CNNLabError, NetworkError, fill
from cnnlab.i18n.marks import nN_
from cnnlab.settings import Settings, from_environment


@pytest.mark.parametrize(
    "error",
    [
        CNNLabError("Plain."),
        CNNLabError(nN_("{n} thing is missing.", "{n} things are missing.", 2), n=2),
        DatasetUnavailable("No {what}.", "Get {what}.", what="data"),
        NetworkError("Too {how}.", how="large").at(2, field="units", quick_fix="units").of_kind("Dense"),
    ],
)
def test_errors_cross_processes(error: CNNLabError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.__dict__ == error.__dict__
    assert (str(again), again.sentences()) == (str(error), error.sentences())


def test_errors_are_translated_with_their_values() -> None:
    korean = {"Layer {number} ({kind}):": "{number}번 층({kind}):", "Too {how}.": "너무 {how}.", "large": "큽니다"}
    error = NetworkError("Too {how}.", how="large").at(2).of_kind("Dense")
    assert error.sentences(lambda text: korean.get(text, text)) == ("3번 층(Dense): 너무 큽니다.", "")
    assert str(error) == "Layer 3 (Dense): Too large."


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_a_strangers_braces_do_no_harm(template: str, values: dict[str, str]) -> None:
    assert isinstance(fill(template, values), str)


def test_settings_from_nothing() -> None:
    settings = from_environment({"CNNLAB_HOME": "/somewhere"})
    assert settings == Settings(home=Path("/somewhere"))
    assert from_environment({}).home.name == "cnnlab"


def test_settings_survive_the_way_through_the_environment(tmp_path: Path) -> None:
    settings = Settings(tmp_path, (tmp_path / "a", tmp_path / "b"), "tcp://127.0.0.1:1", 3, 1_000, 0.5)
    assert from_environment(settings.to_environment()) == settings
    assert from_environment(Settings(tmp_path).to_environment()) == Settings(tmp_path)


def test_folders_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = from_environment({"CNNLAB_HOME": "home", "CNNLAB_DATASETS": "data"})
    assert (settings.home, settings.datasets) == (tmp_path / "home", (tmp_path / "data",))


@pytest.mark.parametrize("text", ["0", "-1", "many", "nan", "inf"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(CNNLabError) as refused:
        from_environment({"CNNLAB_MAX_PARAMETERS": text})
    assert refused.value.sentences() == (
        f"The environment variable CNNLAB_MAX_PARAMETERS should be a positive number; received “{text}”.",
        "Correct it or remove it, then start the app again.",
    )
