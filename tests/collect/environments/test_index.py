"""Packages come from where the user's pip or uv is told to take them from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from collect.environments.wheels import pinned, role, wheel

from cardgen.collect import environments, index

GLOBAL = "[global]\n"


@pytest.mark.parametrize(
    ("files", "given", "expected"),
    [
        ({}, {}, {}),
        ({}, {"PIP_INDEX_URL": "https://a/simple"}, {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            {"pip/pip.conf": GLOBAL + "index-url = https://a/simple\n"},
            {},
            {"UV_DEFAULT_INDEX": "https://a/simple"},
        ),
        (
            {"pip/pip.conf": GLOBAL + "index_url = https://a/simple\n"},
            {"PIP_INDEX_URL": "https://b/simple"},
            {"UV_DEFAULT_INDEX": "https://b/simple"},
        ),
        (
            {
                "pip/pip.conf": GLOBAL
                + "extra-index-url =\n  https://a/simple\n  https://b/simple\n"
            },
            {},
            {
                "UV_INDEX": "https://a/simple https://b/simple",
                "UV_INDEX_STRATEGY": "unsafe-best-match",
            },
        ),
        (
            {"pip/pip.conf": "[install]\nfind-links = /w1 /w2\nno-index = true\n"},
            {},
            {"UV_FIND_LINKS": "/w1,/w2", "UV_NO_INDEX": "1"},
        ),
        ({}, {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "/w"}, {"UV_FIND_LINKS": "/w"}),
        (
            {"pip/pip.conf": GLOBAL + "cert = /c.pem\ntimeout = 30\nproxy = http://p:1\n"},
            {"PIP_TRUSTED_HOST": "h1 h2"},
            {
                "SSL_CERT_FILE": "/c.pem",
                "UV_HTTP_TIMEOUT": "30",
                "ALL_PROXY": "http://p:1",
                "UV_INSECURE_HOST": "h1 h2",
            },
        ),
        # What every program is told stays; uv's own settings keep pip's out.
        ({}, {"PIP_CERT": "/c.pem", "SSL_CERT_FILE": "/d.pem"}, {}),
        ({}, {"PIP_INDEX_URL": "https://a/simple", "UV_FIND_LINKS": "/w"}, {}),
        (
            {"uv/uv.toml": "[[index]]\nurl = 'https://u/simple'\ndefault = true\n"},
            {"PIP_INDEX_URL": "https://a/simple"},
            {},
        ),
        (
            {"uv/uv.toml": "cache-dir = '/c'\n"},
            {"PIP_INDEX_URL": "https://a/simple"},
            {"UV_DEFAULT_INDEX": "https://a/simple"},
        ),
        ({"pip/pip.conf": "not an ini file"}, {}, {}),
        (
            {"pip/pip.conf": GLOBAL + "index-url = https://a/simple\n"},
            {"PIP_CONFIG_FILE": os.devnull},
            {},
        ),
    ],
)
def test_pip_s_settings_in_uv_s_words(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    given: dict[str, str],
    expected: dict[str, str],
) -> None:
    user = tmp_path / "user"
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    for name, text in files.items():
        (user / name).parent.mkdir(parents=True, exist_ok=True)
        (user / name).write_text(text)
    own = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(user)}
    assert index.variables({**own, **given}, etc=tmp_path / "etc") == expected


def test_the_nearer_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    places = ["etc/xdg/pip", "etc", ".pip", "user/pip", "prefix", "named"]
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "user")}
    environment["PIP_CONFIG_FILE"] = str(tmp_path / "named/pip.conf")
    for place in places:
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "pip.conf").write_text(f"{GLOBAL}index-url = https://{place}\n")
        found = index.variables(environment, etc=tmp_path / "etc")
        assert found == {"UV_DEFAULT_INDEX": f"https://{place}"}


def test_packages_come_from_pip_s_folder_of_wheels(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    found = environments.ensure(role(tmp_path, pinned(wheel(links, "one", "1.0"))), "cpu")
    assert subprocess.check_output([found.python, "-c", "import one; print(1)"]) == b"1\n"
