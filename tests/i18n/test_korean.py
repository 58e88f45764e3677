import pytest

from cnnlab.errors import fill
from cnnlab.i18n.korean import resolve_particles


@pytest.mark.parametrize(
    ("undecided", "decided"),
    [
        ("값은(는)", "값은"),
        ("수은(는)", "수는"),
        ("값이(가)", "값이"),
        ("수이(가)", "수가"),
        ("값을(를)", "값을"),
        ("수을(를)", "수를"),
        ("값와(과)", "값과"),
        ("수와(과)", "수와"),
        ("값(으)로", "값으로"),
        ("수(으)로", "수로"),
        ("일(으)로", "일로"),
        ("일이(가)", "일이"),
        ("값(이)라는", "값이라는"),
        ("수(이)라는", "수라는"),
        # Digits as they are read: 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구, and 십.
        ("0을(를) 1을(를) 2을(를) 3을(를) 4을(를)", "0을 1을 2를 3을 4를"),
        ("5을(를) 6을(를) 7을(를) 8을(를) 9을(를) 10을(를)", "5를 6을 7을 8을 9를 10을"),
        ("0(으)로 1(으)로 2(으)로 3(으)로 7(으)로 8(으)로", "0으로 1로 2로 3으로 7로 8로"),
        ("0.282(으)로", "0.282로"),
        ("98.4%이(가)", "98.4%가"),
        # Names in Latin letters, and what is not said.
        ("“model”은(는)", "“model”은"),
        ("**Adam**을(를)", "**Adam**을"),
        ("`relu`이(가)", "`relu`가"),
        ("(3, 3)와(과)", "(3, 3)과"),
        ("“nosuch”(이)라는", "“nosuch”라는"),
        # Nothing to read: left as it is.
        ("은(는) 뒤에", "은(는) 뒤에"),
        ("… 을(를)", "… 을(를)"),
        ("이미지(초) 도(도)까지", "이미지(초) 도(도)까지"),
    ],
)
def test_the_form_follows_the_sound_before_it(undecided: str, decided: str) -> None:
    assert resolve_particles(undecided) == decided


def test_filled_texts_are_decided() -> None:
    assert fill("{truth}을(를) {answer}(으)로 본 것", {"truth": 7, "answer": 2}) == "7을 2로 본 것"
