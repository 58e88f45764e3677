"""Format sums in TeX, with three decimals."""

from __future__ import annotations

from collections.abc import Sequence


def tex_sum(terms: Sequence[float]) -> str:
    """Return the sum of the terms, without those that round to zero."""
    shown = [term for term in terms if abs(round(term, 3))]
    return " ".join(f"{term:+.3f}" for term in shown).removeprefix("+") or "0"


def tex_equals(terms: Sequence[float], total: float) -> str:
    """Return the sign between the terms and their total: = if the rounded terms add up to it, otherwise ≈."""
    return "=" if abs(sum(round(term, 3) for term in terms) - round(total, 3)) < 5e-4 else r"\approx"
