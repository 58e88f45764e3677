"""Whether this processor multiplies bfloat16 numbers by itself. No TensorFlow here."""

from __future__ import annotations

import functools
import re
from pathlib import Path

_PROCESSOR = Path("/proc/cpuinfo")
_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""What Linux calls it: the first two on x86, the last on ARM."""


@functools.cache
def has_bfloat16(description: Path = _PROCESSOR) -> bool:
    """Found out from Linux's description of the processor; False where there is none (other systems)."""
    try:
        text = description.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return bool(flags and _FLAGS & set(flags[1].split()))
