"""Korean particles, whose form depends on the preceding sound: "3이(가)" becomes "3이", "7(으)로" becomes "7로"."""

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
"""Form in the catalog -> (after a final consonant, after a vowel)."""
_PARTICLE = re.compile("|".join(map(re.escape, _FORMS)))
_LAST_SOUND = re.compile(r"[0-9A-Za-z가-힣%](?=[^0-9A-Za-z가-힣%\s]*$)")
"""The last pronounced character before a particle; quotes, brackets and Markdown marks are silent."""

_RIEUL = 8
_NO_FINAL = 0
_SOME_FINAL = 1
_FINALS = {
    **dict(zip("0123456789", (1, 8, 0, 1, 0, 0, 1, 8, 8, 0), strict=True)),
    **{"l": _RIEUL, "m": _SOME_FINAL, "n": _SOME_FINAL},
}
"""Final consonants of digits (영, 일, 이 …) and letters as they are read in Korean."""


def resolve_particles(text: str) -> str:
    """Return `text` with the correct form of every particle; after an unpronounceable character it is left as it is."""
    resolved, end = "", 0
    for match in _PARTICLE.finditer(text):
        resolved += text[end : match.start()]
        end = match.end()
        sound = _LAST_SOUND.search(resolved)
        resolved += _form(match.group(), sound.group()) if sound else match.group()
    return resolved + text[end:]


def _form(particle: str, sound: str) -> str:
    final = _final(sound)
    after_consonant, after_vowel = _FORMS[particle]
    # Only for (으)로 does ㄹ count as a vowel.
    as_vowel = final == _NO_FINAL or (particle == "(으)로" and final == _RIEUL)
    return after_vowel if as_vowel else after_consonant


def _final(sound: str) -> int:
    """Return the final consonant of a syllable, digit or letter, numbered as in Unicode: 0 for none, 8 for ㄹ."""
    if "가" <= sound <= "힣":
        return (ord(sound) - ord("가")) % 28
    return _FINALS.get(sound.lower(), _NO_FINAL)
