"""Tables are read as the app draws them, with Streamlit's own test runner."""

from streamlit.testing.v1 import AppTest


def _settings() -> None:
    from cnnlab.training.spec import Augmentation, TrainingSpec
    from cnnlab.ui.shared import model_tables

    changed = TrainingSpec(epochs=3, classes=(3, 8), drawings="*a|b*", augmentation=Augmentation(shift=0.1))
    model_tables.settings_table(changed)


def test_settings_with_what_they_are_for_and_those_that_were_changed_in_bold() -> None:
    app = AppTest.from_function(_settings).run(timeout=180)
    assert not app.exception
    lines = app.markdown[0].value.split("\n")
    assert lines[:2] == ["| Setting | Description |", "| --- | --- |"]
    for line in (
        "| Epochs: **3** | `epochs`: Passes over the training images. |",
        "| Batch size: 128 | `batch_size`: Images per weight update. |",
        "| Training images: – | `train_size`: Number of training images to use; empty: all. |",
        "| Classes: **3, 8** | `classes`: Use only images of these classes; empty: all classes. |",
        "| **Augmentation** |  |",
        "| Shift: **0.1** | `shift`: Shift by up to this fraction of the height and width (RandomTranslation). |",
    ):
        assert line in lines
    # What a stranger typed is shown, not interpreted.
    assert any(line.startswith(r"| Added drawings: **\*a\|b\*** | ") for line in lines)


def _inside() -> None:
    from cnnlab.training.events import LayerWatch, Watch
    from cnnlab.ui.train import diagnostics

    layers = {
        "conv2d_1": LayerWatch(weights=0.1234, updates=2.48e-7, dead=0.25),
        "flatten": LayerWatch(),
        "dense": LayerWatch(weights=12.0, updates=0.0),
    }
    diagnostics._layers(
        Watch(
            epoch=1, images=500, confusion=((1,),), layers=layers, processor_seconds=1, memory=1, batch_milliseconds=1,
            forward_milliseconds=1, backward_milliseconds=1, watching_seconds=1,
        )
    )  # fmt: skip


def test_a_look_inside_without_the_column_that_applies_to_no_layer() -> None:
    app = AppTest.from_function(_inside).run(timeout=180)
    assert not app.exception
    assert app.markdown[0].value.split("\n") == [
        r"| Layer | Mean \|weight\| | Mean \|update\| per batch | Dead units |",
        "| --- | ---: | ---: | ---: |",
        r"| conv2d\_1 | 0.123 | 2.48×10⁻⁷ | 25% |",
        "| flatten | – | – | – |",
        "| dense | 12 | 0 | – |",
    ]
    assert app.caption[0].value == (
        "Dead: ReLU units that output 0 for all 500 images checked. –: does not apply to this layer."
    )
