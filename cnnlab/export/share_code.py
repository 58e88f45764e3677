"""Encode a network and its settings for a link: compressed JSON in URL-safe characters.

A link is untrusted input: decoding is size-limited, and anything invalid raises `NetworkError`.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from pydantic import ValidationError

from cnnlab.errors import NetworkError, TrainingError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import FORMAT, MAX_JSON, NetworkSpec
from cnnlab.training.spec import TrainingSpec

MAX_CODE = 8_000
"""Maximum length of a code; every recipe needs less than a tenth of this."""


def encode(network: NetworkSpec, training: TrainingSpec) -> str:
    """Return the code of a network and its settings: letters, digits, "-" and "_" only."""
    content = {
        "v": FORMAT,
        "n": network.model_dump(mode="json", exclude={"version"}),
        "t": training.model_dump(mode="json", exclude_defaults=True),
    }
    packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(code: str) -> tuple[NetworkSpec, TrainingSpec]:
    """Return the network and the settings of a code that `encode` returned.

    Raises:
        NetworkError: the code is invalid, from a newer version, or contains an invalid network or settings.
    """
    content = _unpack(code)
    if not isinstance(content, dict) or not isinstance(content.get("n"), dict):
        raise _damaged()
    network = NetworkSpec.from_content({**content["n"], "version": content.get("v")})
    try:
        return network, TrainingSpec.model_validate(content.get("t")).checked()
    except (ValidationError, TrainingError):
        raise NetworkError(N_("The link's training settings are invalid."), N_("Ask for the link again.")) from None


def _unpack(code: str) -> object:
    if len(code) > MAX_CODE:
        raise _damaged()
    try:
        packed = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        # A small code can unpack to gigabytes, so the unpacked size is limited.
        text = unpacking.decompress(packed, MAX_JSON)
        if not unpacking.eof:
            raise _damaged()
        content: object = json.loads(text)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise _damaged() from None
    return content


def _damaged() -> NetworkError:
    return NetworkError(
        N_("The link contains no network: it is damaged or incomplete."),
        N_("Copy the whole link again; your current network is unchanged."),
    )
