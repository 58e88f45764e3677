"""The JavaScript of a component: one module, joined from small files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def joined(files: Iterable[Path]) -> str:
    """Return the files as one ES module, without comments: Streamlit sends it with every change.

    Each file uses only those before it, and names what it uses in `import` lines, which end where they begin.
    """
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r'^(import .* from "\.\.?/.*|\s*//.*|\s+)', "", text, flags=re.MULTILINE)
