"""A network and its settings in a link: JSON, compressed, in the letters that a link may have.

What comes from a link is a stranger's: it is read with bounds, and anything odd is a `NetworkError`.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from pydantic import ValidationError

from cnnlab.errors import NetworkError, TrainingError
from cnnlab.marks import N_
from cnnlab.network.spec import FORMAT, MAX_JSON, NetworkSpec
from cnnlab.training.spec import TrainingSpec

MAX_CODE = 8_000
"""Characters of a code that is looked at; every recipe takes less than a tenth."""


def encode(network: NetworkSpec, training: TrainingSpec) -> str:
    """The code: letters, digits, "-" and "_" only."""
    content = {
        "v": FORMAT,
        "n": network.model_dump(mode="json", exclude={"version"}),
        "t": training.model_dump(mode="json", exclude_defaults=True),
    }
    packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(code: str) -> tuple[NetworkSpec, TrainingSpec]:
    """What `encode` packed.

    Raises:
        NetworkError: it is no such code, a newer version's, or holds no possible network and settings.
    """
    content = _unpack(code)
    if not isinstance(content, dict) or not isinstance(content.get("n"), dict):
        raise _damaged()
    network = NetworkSpec.from_content({**content["n"], "version": content.get("v")})
    try:
        return network, TrainingSpec.model_validate(content.get("t")).checked()
    except (ValidationError, TrainingError):
        raise NetworkError(
            N_("The link's training settings are not possible ones."), N_("Ask for the link again.")
        ) from None


def _unpack(code: str) -> object:
    if len(code) > MAX_CODE:
        raise _damaged()
    try:
        packed = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        # A small code can unpack to gigabytes: no more than a network's size is unpacked.
        text = unpacking.decompress(packed, MAX_JSON)
        if not unpacking.eof:
            raise _damaged()
        content: object = json.loads(text)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise _damaged() from None
    return content


def _damaged() -> NetworkError:
    return NetworkError(
        N_("The link holds no network: it is damaged or incomplete."),
        N_("Copy the whole link again; your present network is unchanged."),
    )
