"""Errors that CNN Lab raises: what is wrong, what was expected, and how to fix it.

An error has marked templates and named values instead of a finished sentence, so that the interface can show it in the
user's language, at the layer or field at fault. Any other exception is a bug and is not caught.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cnnlab.i18n.korean import resolve_particles
from cnnlab.i18n.marks import N_, Translate, untranslated


class CNNLabError(Exception):
    """A problem that the user can fix.

    Args:
        problem: what is wrong, what was expected and what was received; a template marked with `N_`.
        remedy: how to fix it; a marked template, or "" if the problem is enough.
        values: the values of the templates. Text values that are in the catalog are translated too.
    """

    def __init__(self, problem: str, remedy: str = "", **values: Any) -> None:
        super().__init__(problem, remedy, values)
        self.problem = problem
        self.remedy = remedy
        self.values = values

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str]:
        """Return the problem and the remedy as sentences, translated and with their values filled in."""
        problem, remedy = (translated(text, self.values, translate) for text in (self.problem, self.remedy))
        return problem, remedy

    def __str__(self) -> str:
        return " ".join(filter(None, self.sentences()))

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors are pickled from a worker to the server; Exception's own pickling loses keyword arguments.
        return _unpickle, (type(self), self.problem, self.remedy, self.values, self.__dict__)


class NetworkError(CNNLabError):
    """A network that cannot be built.

    Attributes:
        layer: index of the layer at fault; None: the network as a whole.
        kind: the layer's class.
        field: the field at fault.
        quick_fix: name of the change that resolves the error (`network.quick_fixes`), if there is an obvious one.
    """

    layer: int | None = None
    kind: str | None = None
    field: str | None = None
    quick_fix: str | None = None

    def at(self, layer: int | None, field: str | None = None, quick_fix: str | None = None) -> NetworkError:
        """Set the layer, field and quick fix, and return the error."""
        self.layer, self.field, self.quick_fix = layer, field or self.field, quick_fix or self.quick_fix
        return self

    def of_kind(self, kind: str) -> NetworkError:
        """Set the class of the layer at fault, and return the error."""
        self.kind = kind
        return self

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str]:
        problem, remedy = super().sentences(translate)
        if self.layer is None:
            return problem, remedy
        location = fill(translate(N_("Layer {number} ({kind}):")), {"number": self.layer + 1, "kind": self.kind or "?"})
        return f"{location} {problem}", remedy


class DatasetError(CNNLabError):
    """A dataset that cannot be loaded, or is invalid."""


class TrainingError(CNNLabError):
    """A run that cannot start or continue."""


class EngineError(CNNLabError):
    """The worker processes cannot be reached."""


class StoreError(CNNLabError):
    """The Lab's folder or database cannot be read or written."""


@contextmanager
def explain_folder(folder: Path, *kinds: type[Exception]) -> Iterator[None]:
    """Convert an OSError (or one of `kinds`) raised in the block to a StoreError that names `folder`."""
    caught: tuple[type[Exception], ...] = (OSError, *kinds)
    try:
        yield
    except caught as error:
        raise StoreError(
            N_("The Lab's folder {folder} cannot be used ({reason})."),
            N_("Free some space, fix its permissions, or set CNNLAB_HOME to a writable folder."),
            folder=str(folder),
            reason=str(error),
        ) from error


def translated(template: str, values: dict[str, Any], translate: Translate) -> str:
    """Return a marked template in another language, with its values; those that are texts are translated, too."""
    texts = {name: translate(value) if isinstance(value, str) else value for name, value in values.items()}
    return fill(translate(template), texts)


def fill(template: str, values: dict[str, Any]) -> str:
    """Return `template` with its values and the correct Korean particles.

    A template with invalid braces (from untrusted text) is returned unchanged.
    """
    try:
        return resolve_particles(template.format(**values))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        return template


def _unpickle(
    kind: type[CNNLabError], problem: str, remedy: str, values: dict[str, Any], state: dict[str, Any]
) -> CNNLabError:
    error = kind(problem, remedy, **values)
    error.__dict__.update(state)
    return error
