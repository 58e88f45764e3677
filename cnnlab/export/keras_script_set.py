"""Generate the script's code that reads an exported image set, with the same images in the same order as in the Lab."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from cnnlab.datasets.image_sets.shaping import Fit
from cnnlab.datasets.registry import DatasetInfo
from cnnlab.errors import fill
from cnnlab.i18n.marks import N_, Translate

_RESIZED = """def resized(picture, width, height):
    smaller = width <= picture.width and height <= picture.height
    return picture.resize((width, height), Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC)"""

_OPENED = """def shaped(content):
    picture = Image.open(io.BytesIO(content))
    scale = {size} / {side}(picture.size)
    picture.draft(picture.mode, tuple(-int(-length * scale // 1) for length in picture.size))
    picture = picture.convert("{mode}")
"""

_FITS: Mapping[Fit, str] = MappingProxyType(
    {
        "crop": """    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return np.asarray(resized(picture.crop((left, top, left + side, top + side)), {size}, {size}))""",
        "pad": """    pixels = np.atleast_3d(np.asarray(picture))
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]]).mean(axis=0)
    color = tuple(int(value) for value in np.rint(border))
    square = Image.new(picture.mode, ({size}, {size}), color if len(color) > 1 else color[0])
    longest = max(picture.size)
    width, height = (max(round(length * {size} / longest), 1) for length in picture.size)
    square.paste(resized(picture, width, height), (({size} - width) // 2, ({size} - height) // 2))
    return np.asarray(square)""",
        "stretch": """    return np.asarray(resized(picture, {size}, {size}))""",
    }
)
"""How an image becomes a square, as in `image_sets.shaping`."""

_READING = """with zipfile.ZipFile({file}) as archive:
    about = json.loads(archive.read("cnnlab-set.json"))
    names = sorted((name for name in archive.namelist() if name.count("/") == 2), key=lambda name: name.split("/")[2])
    x = np.stack([shaped(archive.read(name)) for name in names])
class_names = {class_names}
assert [one["name"] for one in about["classes"]] == class_names
folders = [one["folder"] for one in about["classes"]]
y = np.array([folders.index(name.split("/")[1]) for name in names])
parts = np.array([name.split("/")[0] for name in names])"""

_ORDER = """order = np.random.RandomState(about["shares"]["seed"]).permutation(len(x))
train, val, test = (order[parts[order] == part] for part in ("train", "val", "test"))
places = np.concatenate([(np.arange(len(part)) + 0.5) / max(len(part), 1) for part in (train, val)])
train = np.concatenate([train, val])[np.argsort(places, kind="stable")]
x_train, y_train, is_val = x[train], y[train], parts[train] == "val"
x_test, y_test = x[test], y[test]"""


def file_name(info: DatasetInfo) -> str:
    """Return the name of the ZIP file that the script reads: the set's name in characters that every system has."""
    stem = re.sub(r"[^\w-]+", "-", info.title)[:40].strip("-_")
    return f"{stem or info.name}.zip"


def reading_code(info: DatasetInfo, translate: Translate) -> str:
    """Return code that reads x_train, y_train, is_val, x_test and y_test from an exported image set.

    `is_val` says which of the training images are for validation.
    """
    size, color = info.input_shape[0], info.input_shape[2] == 3
    fit: Fit = info.fit or "crop"  # type: ignore[assignment]
    comment = fill(
        translate(N_("The image set {name}, exported on the Data page of CNN Lab and saved beside this script.")),
        {"name": json.dumps(str(info.title), ensure_ascii=False)},
    )
    spread = translate(N_("Shuffled as in CNN Lab, with validation images spread among the training images."))
    opened = _OPENED.format(size=size, side="max" if fit == "pad" else "min", mode="RGB" if color else "L")
    names = json.dumps([str(name) for name in info.class_names], ensure_ascii=False)
    reading = _READING.format(file=json.dumps(file_name(info), ensure_ascii=False), class_names=names)
    return "\n\n\n".join(
        [_RESIZED, opened + _FITS[fit].format(size=size), f"# {comment}\n{reading}\n# {spread}\n{_ORDER}"]
    )
