"""Where packages come from: the user's own index settings, told to uv in uv's words.

uv reads its own configuration and none of pip's. Whoever has set up pip alone (a mirror, a folder
of wheels) would get nothing, so pip's settings are translated where uv has none. Nothing is
contacted here.
"""

from __future__ import annotations

import configparser
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

UV_OWN: Final = (
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
)
UV_OWN_KEYS: Final = {
    "index", "index-url", "extra-index-url", "find-links", "no-index", "pip"
}  # fmt: skip

LISTS: Final = {"extra-index-url": "UV_INDEX", "trusted-host": "UV_INSECURE_HOST"}
SINGLE: Final = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
KEYS: Final = (*LISTS, *SINGLE, "find-links", "no-index")
FALSE: Final = {"", "0", "no", "off", "false"}


def variables(
    environment: Mapping[str, str] | None = None, *, etc: Path = Path("/etc")
) -> dict[str, str]:
    """uv's variables for pip's settings; empty where uv has settings of its own.

    Of several indexes pip takes the best version, uv that of the first index which knows the
    package. Every file of a lock is known by its hash, so pip's way is safe here and kept.
    """
    environment = os.environ if environment is None else environment
    if any(environment.get(name) for name in UV_OWN) or _uv_is_configured(environment, etc):
        return {}
    settings = _pip_settings(environment, etc)
    found = {uv: settings[pip] for pip, uv in SINGLE.items() if settings.get(pip)}
    found |= {uv: " ".join(settings[pip].split()) for pip, uv in LISTS.items() if pip in settings}
    if links := settings.get("find-links", "").split():
        found["UV_FIND_LINKS"] = ",".join(links)
    if settings.get("no-index", "").lower() not in FALSE:
        found["UV_NO_INDEX"] = "1"
    if "UV_INDEX" in found:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    # What the user tells uv or every program stays.
    return {name: value for name, value in found.items() if value and not environment.get(name)}


def _pip_settings(environment: Mapping[str, str], etc: Path) -> dict[str, str]:
    """pip's settings by their long names: of the files from the widest to the nearest, then of
    the variables, each replacing the one before."""
    settings: dict[str, str] = {}
    for path in _pip_files(environment, etc):
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeError, configparser.Error):
            continue  # pip itself says what is wrong with it
        for section in ("global", "install"):
            if parser.has_section(section):
                settings |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    for key in KEYS:
        value = environment.get("PIP_" + key.upper().replace("-", "_"))
        if value is not None:
            settings[key] = value
    return settings


def _pip_files(environment: Mapping[str, str], etc: Path) -> list[Path]:
    """The files that pip would read, as its documentation lists them."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(environment.get("HOME") or Path.home())
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    wide = [Path(f) for f in (environment.get("XDG_CONFIG_DIRS") or f"{etc}/xdg").split(":") if f]
    if sys.platform == "darwin":
        wide, own = [Path("/Library/Application Support")], home / "Library/Application Support"
        user = own if (own / "pip").is_dir() else user
    files = [folder / "pip/pip.conf" for folder in reversed(wide)]
    files += [etc / "pip.conf", home / ".pip/pip.conf", user / "pip/pip.conf"]
    files += [Path(sys.prefix) / "pip.conf"]
    return [*files, Path(named)] if named else files


def _uv_is_configured(environment: Mapping[str, str], etc: Path) -> bool:
    """Whether a uv.toml of the user or the system says where packages come from."""
    if environment.get("UV_NO_CONFIG", "").lower() not in FALSE:
        return False
    home = Path(environment.get("HOME") or Path.home())
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    wide = (environment.get("XDG_CONFIG_DIRS") or f"{etc}/xdg").split(":")
    files = [*(Path(folder) / "uv/uv.toml" for folder in wide if folder)]
    files += [etc / "uv/uv.toml", user / "uv/uv.toml"]
    if named := environment.get("UV_CONFIG_FILE"):
        files = [Path(named)]
    for path in files:
        try:
            if tomllib.loads(path.read_text(encoding="utf-8")).keys() & UV_OWN_KEYS:
                return True
        except (OSError, UnicodeError, tomllib.TOMLDecodeError):
            continue
    return False
