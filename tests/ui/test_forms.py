"""Forms are tried as the app draws them, with Streamlit's own test runner."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.network.layers import LAYERS, Layer
from cnnlab.training.spec import Augmentation, TrainingSpec


def _training_form() -> None:
    from cnnlab.training.spec import TrainingSpec
    from cnnlab.ui import forms

    names = [name for name in TrainingSpec.model_fields if name not in ("version", "dataset")]
    edited = forms.edit(TrainingSpec(), names, "t")
    import streamlit as st

    st.code(edited.model_dump_json())


def test_every_setting_has_a_widget_that_reaches_the_spec() -> None:
    app = AppTest.from_function(_training_form, default_timeout=30).run()
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
    from cnnlab.ui import forms

    given = TrainingSpec(dataset="fashion-mnist", classes=(9, 77, 9))
    st.code(forms.edit(given, ["classes"], "t").model_dump_json())


def test_classes_are_chosen_by_name_and_what_a_link_made_up_is_shown() -> None:
    app = AppTest.from_function(_classes_form, default_timeout=30).run()
    assert not app.exception
    chosen = app.multiselect(key="t.classes")
    assert chosen.value == [9, 77]
    assert chosen.options[0] == "T-shirt/top" and chosen.options[9:] == ["Ankle boot", "77"]
    chosen.set_value([9, 0]).run()
    assert TrainingSpec.model_validate_json(app.code[0].value).classes == (0, 9)


def _idle_form() -> None:
    from cnnlab.training.spec import TrainingSpec
    from cnnlab.ui import choose, forms

    names = [name for names in choose.GROUPS.values() for name in names]
    forms.edit(TrainingSpec(), names, "t", choose._idle)


def test_fields_that_do_nothing_are_switched_off_until_another_gives_them_work() -> None:
    def idle(app: AppTest) -> set[str]:
        fields = [*app.number_input, *app.toggle]
        return {str(field.key).removeprefix("t.") for field in fields if field.disabled}

    app = AppTest.from_function(_idle_form, default_timeout=30).run()
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


def test_a_field_says_what_it_is_for() -> None:
    app = AppTest.from_function(_training_form, default_timeout=30).run()
    assert app.number_input(key="t.patience").help == "How many epochs without improvement are waited for."


def _text_form() -> None:
    import streamlit as st
    from pydantic import BaseModel, Field

    from cnnlab.ui import forms

    class Named(BaseModel):
        name: str = Field("", max_length=5, description="What it is called.")

    st.code(forms.edit(Named(), ["name"], "n").name)


def test_a_text_is_typed() -> None:
    app = AppTest.from_function(_text_form, default_timeout=30).run()
    typed = app.text_input(key="n.name").set_value("seven").run()
    assert typed.code[0].value == "seven"
    assert (app.text_input(key="n.name").proto.max_chars, app.text_input(key="n.name").help) == (
        5,
        "What it is called.",
    )


def _layer_form(kind: str) -> None:
    import streamlit as st

    from cnnlab.network.layers import LAYERS
    from cnnlab.ui import forms

    layer = LAYERS[kind]()
    st.code(forms.edit(layer, layer.fields(), "l").model_dump_json())


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_has_a_form(kind: str) -> None:
    app = AppTest.from_function(_layer_form, args=(kind,), default_timeout=30).run()
    assert not app.exception
    layer: type[Layer] = LAYERS[kind]
    assert layer.model_validate_json(app.code[0].value) == layer()
    widgets = (app.number_input, app.selectbox, app.toggle, app.multiselect)
    drawn = {widget.key for kind_of_widget in widgets for widget in kind_of_widget}
    assert {key.split(".")[1] for key in drawn if key} == set(layer.fields())
