"""From a ZIP file of JPEG files, as a person packs it, to a trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cnnlab.datasets import load
from cnnlab.datasets.image_sets import ImageSets, Shape
from cnnlab.network.layers import Conv2D, Dense, Flatten, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import parts, split
from cnnlab.training.train import train
from tests.datasets.image_sets.made import image_file, reasons, zip_file

CLASSES = {1: "Trouser", 5: "샌들", 8: "Bag"}
JUNK = {
    "clothes/Bag/Thumbs.db": b"\xd0\xcf\x11\xe0",
    "__MACOSX/clothes/Bag/._0.jpg": b"\x00\x05\x16\x07",
    "clothes/.DS_Store": b"\x00\x00\x00\x01Bud1",
    "clothes/read me.txt": b"Photos of clothes",
    "clothes/Bag/damaged.jpg": b"\xff\xd8\xff\xe0 and no more",
}


def test_clothes_from_a_zip_file(tmp_path: Path, shared_data: Path) -> None:
    fashion = load("fashion-mnist", Settings(home=tmp_path / "home", datasets=(shared_data,)))
    files, random = dict(JUNK), np.random.default_rng(0)
    for label, name in CLASSES.items():
        for number, image in enumerate(fashion.x_train[fashion.y_train == label][:60]):
            width, height = random.integers(28, 60, 2).tolist()
            picture = Image.fromarray(image[..., 0]).resize((width, height), Image.Resampling.BICUBIC)
            files[f"clothes/{name}/{number}.jpg"] = image_file(picture.convert("RGB"), "JPEG", quality=90)
    sets = ImageSets(Settings(home=tmp_path / "home"))
    made = sets.create(zip_file(tmp_path / "clothes.zip", files), shape=Shape(28, False, "stretch"))
    assert (made.name, made.class_names, made.images) == ("clothes", ("Bag", "Trouser", "샌들"), 180)
    assert made.reading.ignored == 3
    assert reasons(made.reading.skipped) == {
        "clothes/read me.txt": "Not an image.",
        "clothes/Bag/damaged.jpg": "This file is not a supported image, or it is damaged.",
    }
    assert all(abs(np.array(row) - (42, 9, 9)).max() <= 1 for row in made.counts)
    dataset = sets.load(made.id)
    # The images are those of Fashion-MNIST, but for JPEG and scaling.
    originals = fashion.x_train[np.isin(fashion.y_train, list(CLASSES))][:400].reshape(-1, 784).astype(float)
    nearest = [np.abs(originals - image.ravel()).mean(axis=1).min() for image in dataset.x_test]
    assert max(nearest) < 12
    # Training takes the set's own validation images, whatever the share says.
    settings = TrainingSpec(dataset="fashion-mnist", train_size=None, validation_split=0.5)
    divided = split(dataset, settings)
    assert sorted(divided.validation_indices) == sorted(dataset.validation)
    assert len(divided.x_train) + len(divided.x_validation) == len(dataset.x_train)
    assert sorted(parts(dataset, settings)["validation"].indices) == sorted(dataset.validation)
    network = NetworkSpec(
        input_shape=dataset.input_shape,
        layers=(Conv2D(filters=8, activation="relu"), MaxPooling2D(), Flatten(), Dense(units=3, activation="softmax")),
    )
    trained = train(network, TrainingSpec(epochs=8, batch_size=16), dataset)
    assert trained.epochs[-1].val_accuracy > 0.8
    _loss, accuracy = trained.model.evaluate(dataset.x_test / 255, dataset.y_test, verbose=0)
    assert accuracy > 0.8
