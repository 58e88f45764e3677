"""Tables are read as the app draws them, with Streamlit's own test runner."""

from streamlit.testing.v1 import AppTest


def _settings() -> None:
    from cnnlab.training.spec import Augmentation, TrainingSpec
    from cnnlab.ui import tables

    changed = TrainingSpec(epochs=3, classes=(3, 8), drawings="*a|b*", augmentation=Augmentation(shift=0.1))
    tables.settings_table(changed)


def test_settings_with_what_they_are_for_and_those_that_were_changed_in_bold() -> None:
    app = AppTest.from_function(_settings).run(timeout=30)
    assert not app.exception
    lines = app.markdown[0].value.split("\n")
    assert lines[:2] == ["| Setting | What it is |", "| --- | --- |"]
    for line in (
        "| `epochs` **3** | How many times all training images are gone through. |",
        "| `batch_size` 128 | How many images are looked at before the weights are changed once. |",
        "| `train_size` – | Use only so many of the training images; empty: all of them. |",
        "| `classes` **3, 8** | Only images of these classes are used; empty: all of them. |",
        "| **Augmentation** |  |",
        "| `shift` **0.1** | Moved by up to this share of the height and width (RandomTranslation). |",
    ):
        assert line in lines
    # What a stranger typed is shown, not interpreted.
    assert any(line.startswith(r"| `drawings` **\*a\|b\*** | ") for line in lines)


def _inside() -> None:
    from cnnlab.training.events import LayerWatch, Watch
    from cnnlab.ui import watch

    layers = {
        "conv2d_1": LayerWatch(weights=0.1234, updates=2.48e-7, dead=0.25),
        "flatten": LayerWatch(),
        "dense": LayerWatch(weights=12.0, updates=0.0),
    }
    watch._layers(
        Watch(
            epoch=1, images=500, confusion=((1,),), layers=layers, processor_seconds=1, memory=1, batch_milliseconds=1,
            forward_milliseconds=1, backward_milliseconds=1, watching_seconds=1,
        )
    )  # fmt: skip


def test_a_look_inside_without_the_column_that_applies_to_no_layer() -> None:
    app = AppTest.from_function(_inside).run(timeout=30)
    assert not app.exception
    assert app.markdown[0].value.split("\n") == [
        "| Layer | Mean size of a weight | Mean change by a batch | Dead units |",
        "| --- | ---: | ---: | ---: |",
        r"| conv2d\_1 | 0.123 | 2.48×10⁻⁷ | 25% |",
        "| flatten | – | – | – |",
        "| dense | 12 | 0 | – |",
    ]
    assert app.caption[0].value == (
        "Dead: a ReLU unit that was 0 for all 500 images looked at. –: does not apply to this layer."
    )
