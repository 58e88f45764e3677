from pathlib import Path

import pytest

from cnnlab.network.precision import has_bfloat16


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu sse2 avx512_bf16 avx512f\n", True),
        ("flags\t\t: fpu sse2 avx512f\n", False),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("model name\t: bf16 in a name only\n", False),
        ("", False),
    ],
)
def test_it_is_read_from_the_processors_flags(text: str, expected: bool, tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert has_bfloat16(file) is expected


def test_a_system_that_does_not_say_has_none(tmp_path: Path) -> None:
    assert not has_bfloat16(tmp_path / "nothing")
