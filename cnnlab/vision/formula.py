"""Sums as they are written in TeX, with three decimals."""

from __future__ import annotations

from collections.abc import Sequence


def added(terms: Sequence[float]) -> str:
    """The terms one behind the other, without those that are written as zero."""
    shown = [term for term in terms if abs(round(term, 3))]
    return " ".join(f"{term:+.3f}" for term in shown).removeprefix("+") or "0"


def equals(terms: Sequence[float], total: float) -> str:
    """What stands between the terms and their total: whether the figures as they are written add up to it."""
    return "=" if abs(sum(round(term, 3) for term in terms) - round(total, 3)) < 5e-4 else r"\approx"
