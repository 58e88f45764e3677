"""Training as in the study notes: a plain Keras script, independent of CNN Lab. One network, one process.

    python plain_keras.py mnist.npz full --batch-size 1000 --epochs 3

Its last line is JSON: `ends`, the start of the first epoch and the end of every epoch (seconds since 1970), and the
loss and accuracy on the test set.
"""

import argparse
import json
import time

import keras
import numpy as np
from keras import layers


def full():
    """Notes 004, 8.8."""
    return [
        layers.Conv2D(16, (3, 3), activation="relu"),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.25),
        layers.Dense(10, activation="softmax"),
    ]


def conv_10():
    """Notes 000."""
    return [
        layers.Conv2D(10, (3, 3), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


NETWORKS = {"full": full, "conv-10": conv_10}


class Clock(keras.callbacks.Callback):
    """Record when the first epoch starts and when each epoch ends."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_epoch_begin(self, epoch, logs=None):
        if not self.ends:
            self.ends.append(time.time())

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(time.time())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    with np.load(options.data) as data:
        x_train = data["x_train"].reshape(-1, 28, 28, 1).astype("float32") / 255
        x_test = data["x_test"].reshape(-1, 28, 28, 1).astype("float32") / 255
        y_train = keras.utils.to_categorical(data["y_train"], 10)
        y_test = keras.utils.to_categorical(data["y_test"], 10)

    keras.utils.set_random_seed(options.seed)
    model = keras.Sequential([keras.Input((28, 28, 1)), *NETWORKS[options.network]()])
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(), metrics=["accuracy"])
    clock = Clock()
    model.fit(
        x_train,
        y_train,
        batch_size=options.batch_size,
        epochs=options.epochs,
        validation_data=(x_test, y_test),
        callbacks=[clock],
        verbose=1,
    )
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print("\n" + json.dumps({"ends": clock.ends, "loss": loss, "accuracy": accuracy}))


if __name__ == "__main__":
    main()
