"""The lessons, one folder each, discovered automatically. README.md in this folder explains how to add one."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from cnnlab.lessons.lesson import Lesson

_HERE = Path(__file__).parent


def _found() -> Mapping[str, Lesson]:
    lessons = []
    for file in _HERE.glob("*/lesson.py"):
        module = importlib.import_module(f"{__name__}.{file.parent.name}.lesson")
        lessons.append(dataclasses.replace(module.LESSON, folder=file.parent))
    return MappingProxyType({lesson.name: lesson for lesson in sorted(lessons, key=lambda lesson: lesson.number)})


LESSONS: Mapping[str, Lesson] = _found()
"""Name (of the folder, and in links) -> lesson, in their order."""
