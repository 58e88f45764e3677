"""Marked texts: in English as they are, with both forms where a count decides."""

from __future__ import annotations

import pickle

import pytest

from cnnlab.i18n.marks import nN_


@pytest.mark.parametrize(("count", "form"), [(0, "{n} runs"), (1, "{n} run"), (2, "{n} runs"), (1_000, "{n} runs")])
def test_english_has_a_form_for_one_and_a_form_for_all_others(count: int, form: str) -> None:
    assert nN_("{n} run", "{n} runs", count) == form


def test_both_forms_cross_processes() -> None:
    text = pickle.loads(pickle.dumps(nN_("{n} run", "{n} runs", 1)))
    assert (text, text.one, text.many, text.number) == ("{n} run", "{n} run", "{n} runs", 1)
