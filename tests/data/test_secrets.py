"""Keys: hidden wherever they stand in a text, nothing else touched, in linear time."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.secrets import HIDDEN, carries_key, on_command_line, redact, redact_all

CANARY = "cAnArY/7+q9x=Zz&w"
SECRETS = st.text(st.sampled_from("abcXYZ019/+=&%@:?#-_ \"'\\é\n"), min_size=8, max_size=40)
PIECES = st.sampled_from(
    [
        "s3://",
        "https:/",
        "hf:",
        "@",
        ":",
        "/",
        "?",
        "key=",
        "TOKEN=",
        "%40",
        " ",
        "'",
        "[",
        "sk-",
        "AKIA",
        "a1",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=12).map("".join)


@given(TEXTS)
def test_redacting_again_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(SECRETS, TEXTS, TEXTS)
def test_no_secret_of_the_environment_is_left(secret: str, before: str, after: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MY_SERVICE_PASSWORD", secret)
        text = redact(f"{before}{secret}{after}")
        assert secret not in text
        assert (
            redact(f"x{json.dumps(secret)} {secret!r}")
            == f'x"{HIDDEN}" {repr(secret)[0]}{HIDDEN}{repr(secret)[0]}'
        )


@given(st.text(st.sampled_from("abcXYZ019/+=&-_."), min_size=1, max_size=40), TEXTS)
def test_no_userinfo_of_a_url_is_left(password: str, before: str) -> None:
    for at in ("@", "%40"):
        marked = f"qQ{password}Qq"
        text = redact(f"{before} s3://KEY:{marked}{at}bucket/x")
        assert marked not in text
        assert text.endswith(f"s3://{HIDDEN}@bucket/x")


@given(st.text(st.characters(exclude_characters=":@?=", exclude_categories=("Cs",)), max_size=200))
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/a@b/data",
        "http://localhost:8000/v1",
        "http://[::1]:8000/v1",
        "hf:org/name@main",
        "hf:org/name:train",
        "file:///tmp/x@y",
        "response_tokens=8, max_tokens=9: see https://example.org/x",
        "hf_hub_download_to_a_folder and sk-learn-contrib-packages",
        "What is 3:4 @ 5?",
    ],
)
def test_what_looks_like_a_key_and_is_none_stays(text: str) -> None:
    assert redact(text) == text
    assert not carries_key(text)


@pytest.mark.parametrize(
    "text",
    [
        f"s3://AKIA:{CANARY}@bucket/x",
        f"S3://AKIA:{CANARY}@bucket/x",
        f"s3:/AKIA:{CANARY}@bucket/x",
        f"s3://AKIA%3A{quote(CANARY, safe='')}%40bucket/x",
        f"s3://{CANARY.replace('/', '')}@bucket/x",
        f"https://user:{CANARY}@[::1]:80/x",
        f"s3://open/x,https://user:{CANARY}@host",
        f"hf:user:{CANARY}@org/name",
        f"https://host/x?X-Amz-Signature={CANARY}#y",
        f"--hf-token={CANARY.replace('&', '')}",
        f"OPENAI_API_KEY={CANARY.replace('&', '')}",
    ],
)
def test_a_key_goes_wherever_it_stands(text: str) -> None:
    shown = redact(f"in '{text}' or {text}")
    assert "q9x" not in shown
    assert shown.count(HIDDEN) >= 2


@pytest.mark.parametrize("key", ["sk-proj-a1B2c3D4e5F6g7H8i9J0", "hf_" + "a1B2" * 9, "AKIA" + "A1B2" * 4])
def test_a_key_of_a_known_form_goes_from_any_text(key: str) -> None:
    assert redact(f"it is {key}, or '{key}'") == f"it is {HIDDEN}, or '{HIDDEN}'"


def test_a_secret_written_in_percents_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    assert redact(f"GET /?{quote(CANARY, safe='')}&{quote(CANARY)}") == f"GET /?{HIDDEN}&{HIDDEN}"


def test_a_variable_that_names_a_file_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLS_KEY_FILE", __file__)
    assert redact(f"see {__file__}") == f"see {__file__}"


def test_a_text_under_a_telling_name_goes_whole() -> None:
    given = {"set": {"api_key": "x", "note": "y"}, "max_tokens": 8, "paths": ["s3://K:S@b"]}
    assert redact_all(given) == {
        "set": {"api_key": HIDDEN, "note": "y"},
        "max_tokens": 8,
        "paths": [f"s3://{HIDDEN}@b"],
    }


def test_what_an_option_named_like_a_key_was_given_is_known() -> None:
    assert on_command_line(["run", "--api-key", "abc", "--token=abcd", "-o", "x"]) == ["abcd", "abc"]


@pytest.mark.parametrize(
    "piece",
    ["a://", "://@", "@", "a.", "key=", "sk-", "hf:", "%40", "a:/", "[", "x?", "sk-a ", "hf_", "AKIA"],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    redact(piece * 400_000)
