"""Secrets and private names are taken out of what a tool recorded; ordinary settings stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.imports.redaction import redacted, redacted_value

SECRET = "Zx9" + "q" * 20
SECRETS = [
    f"api_key={SECRET}",
    f"model=a/b,token={SECRET},dtype=auto",
    f"--api-key {SECRET}",
    f"--hf-token={SECRET}",
    f"HF_TOKEN={SECRET} python -m run",
    f"OPENAI_API_KEY: {SECRET}",
    f'{{"api_key": "{SECRET}"}}',
    f"{{'password': '{SECRET}'}}",
    f"use_auth_token={SECRET}",
    f"Authorization: Bearer {SECRET}",
    f"header=Bearer {SECRET}",
    f"hf_{SECRET}",
    f"sk-{SECRET}",
    f"x=sk-proj-{SECRET}",
    f"ghp_{SECRET}",
    f"nvapi-{SECRET}",
    f"http://user:{SECRET}@host/v1",
    f"https://{SECRET}.internal/v1",
    f"/home/{SECRET}/models",
]
HARMLESS = [
    "pretrained=example/tiny,dtype=bfloat16,max_length=4096",
    "max_tokens=512,tokenizer=example/tiny,tokenized_requests=False,num_output_tokens=3",
    "eos_token=</s>,pad_token=<pad>,bos_token=<s>",
    "temperature=0.5,top_p=0.9,do_sample=True",
    "base_url=http://localhost:8000/v1/completions",
    "limit=500 tokens a request",
    "the first token arrived late",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_goes(text: str) -> None:
    assert SECRET not in redacted(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_setting_stays(text: str) -> None:
    assert redacted(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    assert redacted(f"model=a/b,token={SECRET},dtype=auto") == (
        "model=a/b,token=<redacted>,dtype=auto"
    )


def test_secrets_in_objects_are_known_by_their_keys() -> None:
    value = {"token": SECRET, "use_auth_token": True, "nested": [{"password": SECRET}], "n": 5}
    assert redacted_value(value) == {
        "token": "<redacted>",
        "use_auth_token": True,
        "nested": [{"password": "<redacted>"}],
        "n": 5,
    }


@given(st.text())
def test_any_text_can_be_redacted_twice(text: str) -> None:
    assert redacted(redacted(text)) == redacted(redacted(redacted(text)))
