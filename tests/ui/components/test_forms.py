"""Forms are tried as the app draws them, with Streamlit's own test runner."""

import pytest
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from cnnlab.network.layers import LAYERS, Layer
from cnnlab.training.spec import Augmentation, TrainingSpec


def _training_form() -> None:
    from cnnlab.training.spec import TrainingSpec
    from cnnlab.ui.components import forms
    from cnnlab.ui.shared import training_settings

    names = [name for name in TrainingSpec.model_fields if name not in ("version", "dataset")]
    edited = forms.edit(TrainingSpec(), names, "t", widgets=training_settings.WIDGETS)
    import streamlit as st

    st.code(edited.model_dump_json())


def test_every_setting_has_a_widget_that_reaches_the_spec() -> None:
    app = AppTest.from_function(_training_form, default_timeout=180).run()
    assert not app.exception
    assert TrainingSpec.model_validate_json(app.code[0].value) == TrainingSpec()
    app.number_input(key="t.epochs").set_value(3)
    app.number_input(key="t.train_size").set_value(500)
    app.selectbox(key="t.optimizer").set_value("AdamW")
    app.toggle(key="t.early_stopping").set_value(True)
    app.number_input(key="t.learning_rate").set_value(0.02)
    app.number_input(key="t.augmentation.shift").set_value(0.1)
    app.toggle(key="t.augmentation.flip_vertical").set_value(True)
    app.multiselect(key="t.classes").set_value([8, 3])
    app.run()
    assert TrainingSpec.model_validate_json(app.code[0].value) == TrainingSpec(
        epochs=3,
        train_size=500,
        optimizer="AdamW",
        early_stopping=True,
        learning_rate=0.02,
        augmentation=Augmentation(shift=0.1, flip_vertical=True),
        classes=(3, 8),
    )


def _classes_form() -> None:
    import streamlit as st

    from cnnlab.training.spec import TrainingSpec
    from cnnlab.ui.components import forms
    from cnnlab.ui.shared import training_settings

    given = TrainingSpec(dataset="fashion-mnist", classes=(9, 77, 9))
    st.code(forms.edit(given, ["classes"], "t", widgets=training_settings.WIDGETS).model_dump_json())


def test_classes_are_chosen_by_name_and_what_a_link_made_up_is_shown() -> None:
    app = AppTest.from_function(_classes_form, default_timeout=180).run()
    assert not app.exception
    chosen = app.multiselect(key="t.classes")
    assert chosen.value == [9, 77]
    assert chosen.options[0] == "T-shirt/top" and chosen.options[9:] == ["Ankle boot", "77"]
    chosen.set_value([9, 0]).run()
    assert TrainingSpec.model_validate_json(app.code[0].value).classes == (0, 9)


def _idle_form() -> None:
    from cnnlab.training.spec import TrainingSpec
    from cnnlab.ui.components import forms
    from cnnlab.ui.shared import training_settings

    names = [name for names in training_settings.GROUPS.values() for name in names]
    forms.edit(TrainingSpec(), names, "t", training_settings._idle)


def test_fields_that_do_nothing_are_switched_off_until_another_gives_them_work() -> None:
    def idle(app: AppTest) -> set[str]:
        fields = [*app.number_input, *app.toggle]
        return {str(field.key).removeprefix("t.") for field in fields if field.disabled}

    app = AppTest.from_function(_idle_form, default_timeout=180).run()
    assert idle(app) == {
        *("momentum", "weight_decay", "decay_rate", "decay_epochs", "warmup_epochs"),
        *("plateau_factor", "plateau_patience", "patience"),
    }
    app.selectbox(key="t.validation").set_value("test")
    app.selectbox(key="t.optimizer").set_value("SGD")
    app.selectbox(key="t.schedule").set_value("step")
    app.toggle(key="t.reduce_on_plateau").set_value(True)
    # At once, not only at the next step.
    assert idle(app.run()) == {"validation_split", "random_state", "weight_decay", "warmup_epochs", "patience"}


@pytest.mark.parametrize("model", [*LAYERS.values(), TrainingSpec, Augmentation], ids=lambda model: model.__name__)
def test_every_field_has_a_label_in_words_of_its_own(model: type[BaseModel]) -> None:
    labels = [info.title for name, info in model.model_fields.items() if name not in ("kind", "version")]
    assert all(label and label[0].isupper() and "_" not in label for label in labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ["Epochs", "Optimizer", "Early stopping", "Classes", "Shift", "Added drawings"]),
        ("ko", ["에포크", "옵티마이저", "조기 종료", "클래스", "이동", "더할 그림"]),
    ],
)
def test_a_form_is_labelled_in_the_readers_language(language: str, labels: list[str]) -> None:
    app = AppTest.from_function(_training_form, default_timeout=180)
    app.query_params["lang"] = language
    app.run()
    widgets = [
        *(app.number_input(key="t.epochs"), app.selectbox(key="t.optimizer"), app.toggle(key="t.early_stopping")),
        *(app.multiselect(key="t.classes"), app.number_input(key="t.augmentation.shift")),
        app.text_input(key="t.drawings"),
    ]
    assert [widget.label for widget in widgets] == labels


def test_height_and_width_have_one_label_to_see_and_two_to_hear() -> None:
    app = AppTest.from_function(_layer_form, args=("MaxPooling2D",), default_timeout=180).run()
    height, width = (app.number_input(key=f"l.pool_size.{axis}") for axis in (0, 1))
    assert (height.label, width.label) == ("Pool size", "Pool size, width")
    assert (height.help, width.help) == ("`pool_size`: Height and width of the window, in pixels.", "")


def test_a_field_says_what_it_is_for() -> None:
    app = AppTest.from_function(_training_form, default_timeout=180).run()
    assert app.number_input(key="t.patience").help == ("`patience`: Epochs to wait without improvement.")


def _text_form() -> None:
    import streamlit as st
    from pydantic import BaseModel, Field

    from cnnlab.ui.components import forms

    class Named(BaseModel):
        name: str = Field("", max_length=5, description="What it is called.")

    st.code(forms.edit(Named(), ["name"], "n").name)


def test_a_text_is_typed() -> None:
    app = AppTest.from_function(_text_form, default_timeout=180).run()
    typed = app.text_input(key="n.name").set_value("seven").run()
    assert typed.code[0].value == "seven"
    assert (app.text_input(key="n.name").proto.max_chars, app.text_input(key="n.name").help) == (
        5,
        "`name`: What it is called.",
    )


def _layer_form(kind: str) -> None:
    import streamlit as st

    from cnnlab.network.layers import LAYERS
    from cnnlab.ui.components import forms
    from cnnlab.ui.shared import initial_kernels

    layer = LAYERS[kind]()
    st.code(forms.edit(layer, layer.fields(), "l", widgets=initial_kernels.WIDGETS).model_dump_json())


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_has_a_form(kind: str) -> None:
    app = AppTest.from_function(_layer_form, args=(kind,), default_timeout=180).run()
    assert not app.exception
    layer: type[Layer] = LAYERS[kind]
    assert layer.model_validate_json(app.code[0].value) == layer()
    widgets = (app.number_input, app.selectbox, app.toggle, app.multiselect)
    drawn = {widget.key for kind_of_widget in widgets for widget in kind_of_widget}
    assert {key.split(".")[1] for key in drawn if key} == set(layer.fields())
