"""Korean particles, whose form depends on the sound before them: "3이(가)" becomes "3이", "7(으)로" becomes "7로"."""

from __future__ import annotations

import re

_FORMS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "와(과)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
}
"""As catalogues write them -> after a final consonant, and after a vowel."""
_UNDECIDED = re.compile("|".join(map(re.escape, _FORMS)))
_SAID = re.compile(r"[0-9A-Za-z가-힣%](?=[^0-9A-Za-z가-힣%\s]*$)")
"""The last sound before a particle; quotes, brackets and Markdown's marks are not said."""

_RIEUL = 8
_NO_FINAL = 0
_SOME_FINAL = 1
_READ = {
    **dict(zip("0123456789", (1, 8, 0, 1, 0, 0, 1, 8, 8, 0), strict=True)),
    **{"l": _RIEUL, "m": _SOME_FINAL, "n": _SOME_FINAL},
}
"""As digits (영, 일, 이 …) and letters are read: whether they end with a consonant, and which have ㄹ."""


def decide(text: str) -> str:
    """`text` with every undecided particle in its right form; after what nobody can read they stay as they are."""
    decided, end = "", 0
    for found in _UNDECIDED.finditer(text):
        decided += text[end : found.start()]
        end = found.end()
        said = _SAID.search(decided)
        decided += _form(found.group(), said.group()) if said else found.group()
    return decided + text[end:]


def _form(undecided: str, said: str) -> str:
    final = _final(said)
    after_consonant, after_vowel = _FORMS[undecided]
    # (으)로 is the one for which ㄹ counts as a vowel.
    as_vowel = final == _NO_FINAL or (undecided == "(으)로" and final == _RIEUL)
    return after_vowel if as_vowel else after_consonant


def _final(said: str) -> int:
    """The final consonant of a syllable, digit or letter as Unicode numbers them: 0 for none, 8 for ㄹ."""
    if "가" <= said <= "힣":
        return (ord(said) - ord("가")) % 28
    return _READ.get(said.lower(), _NO_FINAL)
