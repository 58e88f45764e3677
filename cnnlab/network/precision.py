"""Detect whether the CPU supports bfloat16. No TensorFlow here."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Literal

_CPU_INFO = Path("/proc/cpuinfo")
_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Linux's names of the CPU feature: the first two on x86, the last on ARM."""


@functools.cache
def has_bfloat16(description: Path = _CPU_INFO) -> bool:
    """Return whether Linux's description of the CPU lists bfloat16; False on other systems."""
    try:
        text = description.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return bool(flags and _FLAGS & set(flags[1].split()))


Precision = Literal["float32", "mixed_bfloat16"]
