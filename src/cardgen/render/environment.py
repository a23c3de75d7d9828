"""The Jinja environments: sandboxed, strict, escaping by what the template writes.

A `.md.j2` template escapes values as Markdown, a `.sh.j2` quotes them for a shell, a `.py.j2`
writes them as Python literals. `Markup` passes through everywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    pass_context,
)
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from cardgen.errors import TemplateError
from cardgen.language import Language, Message
from cardgen.render import escape, shell
from cardgen.resources import cache_folder, resource

LANGUAGE = "language"
"""The name under which a template's context carries the card's language."""


class CompiledTemplates(BytecodeCache):
    """Compiled templates kept between calls, by the digest of their source: compiling them takes
    longer than rendering a card. A cache that cannot be read or written is done without."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError), (self.folder / bucket.key).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                bucket.write_bytecode(file)
            Path(temporary).replace(self.folder / bucket.key)


class CardEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox whose `default` filter is gone: an absent value is said, never papered over."""

    def __init__(
        self,
        folders: tuple[Path, ...],
        finalize: Callable[[Any], Any],
        *,
        autoescape: bool = False,
    ) -> None:
        super().__init__(
            autoescape=autoescape,
            loader=FileSystemLoader([str(folder) for folder in folders]),
            undefined=StrictUndefined,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
            auto_reload=False,
            bytecode_cache=CompiledTemplates(cache_folder() / "templates"),
        )
        self.policies["ext.i18n.trimmed"] = True
        self._safe: dict[tuple[type, str], bool] = {}
        for name in ("default", "d"):
            self.filters.pop(name, None)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """The sandbox's answer, asked once a type and name: it depends on nothing else."""
        key = (type(obj), attr)
        safe = self._safe.get(key)
        if safe is None:
            safe = self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return safe


@lru_cache(maxsize=8)
def card_environment(project_templates: Path | None) -> Environment:
    """The environment of Markdown templates; the project's own folder comes before cardgen's."""
    # Escaping is `_as_markdown`'s; autoescape only marks what macros return as done.
    environment = CardEnvironment(_folders(project_templates), _as_markdown, autoescape=True)
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(gettext=_gettext, ngettext=_ngettext)
    environment.filters.update(
        code=escape.code_span,
        fence=escape.fence,
        link=escape.link,
        say=_say,
        number=_number,
    )
    return environment


@lru_cache(maxsize=8)
def shell_environment(project_templates: Path | None) -> Environment:
    """The environment of shell command templates: every value is quoted for a POSIX shell."""
    return CardEnvironment(_folders(project_templates), _as_shell)


@lru_cache(maxsize=8)
def python_environment(project_templates: Path | None) -> Environment:
    """The environment of Python code templates: every value is written as a literal."""
    return CardEnvironment(_folders(project_templates), python_literal)


def _folders(project_templates: Path | None) -> tuple[Path, ...]:
    own = resource("templates")
    return (own,) if project_templates is None else (project_templates, own)


def _as_markdown(value: object) -> object:
    if isinstance(value, Markup | Undefined):
        return value
    if isinstance(value, str):
        return escape.markdown(value)
    if isinstance(value, bool) or value is None:
        raise TemplateError(
            "a template",
            expected="words or a number",
            found=repr(value),
            next_step="say in words what the value means",
        )
    return escape.markdown(str(value))


def _as_shell(value: object) -> object:
    if isinstance(value, Markup | Undefined):
        return value
    return shell.quoted(str(value))


def python_literal(value: object) -> object:
    """The value as a Python literal on one line; `Markup` and undefined values pass."""
    if isinstance(value, Markup | Undefined):
        return value
    if isinstance(value, str):
        return Markup(json.dumps(value, ensure_ascii=False))  # noqa: S704
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, list):
        return Markup("[" + ", ".join(str(python_literal(v)) for v in value) + "]")  # noqa: S704
    return Markup(repr(value))  # noqa: S704


def _language(context: Context) -> Language:
    language = context.resolve(LANGUAGE)
    assert isinstance(language, Language)
    return language


@pass_context
def _gettext(context: Context, text: str, /, **values: Any) -> Markup:
    return _fill(_language(context).catalog.gettext(text), values)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int, /, **values: Any) -> Markup:
    text = _language(context).catalog.ngettext(one, many, number)
    return _fill(text, {"num": number, **values})


def _fill(text: str, values: dict[str, Any]) -> Markup:
    """The translated text with its values escaped as Markdown; the text itself is trusted."""
    escaped = {name: _as_markdown(value) for name, value in values.items()}
    return Markup(text % escaped)  # noqa: S704


@pass_context
def _say(context: Context, words: object) -> object:
    """A message or a text a language, in the card's language."""
    language = _language(context)
    if isinstance(words, Message):
        return language.say(words)
    if isinstance(words, dict):
        from cardgen.spec.base import localized

        return localized(words, language.code)
    return words


@pass_context
def _number(context: Context, digits: str) -> str:
    """A number written with a point, in the card's number style."""
    return _language(context).number(digits)


def render(environment: Environment, name: str, context: dict[str, Any]) -> str:
    """The template's text; every failure is a TemplateError that names template and line."""
    try:
        return environment.get_template(name).render(context)
    except TemplateNotFound as problem:
        raise TemplateError(
            f"template {problem.name}",
            expected="a file of that name under templates/",
            found="none",
            next_step="check the section's name, or add the template to the project",
        ) from problem
    except TemplateSyntaxError as problem:
        raise TemplateError(
            f"{problem.name}:{problem.lineno}",
            expected="Jinja syntax",
            found=problem.message,
            next_step="mend the template",
        ) from problem
    except (UndefinedError, SecurityError) as problem:
        raise TemplateError(
            f"template {name}{_line(problem)}",
            expected="names that the card provides (docs/templates.md)",
            found=str(problem),
            next_step="mend the template",
        ) from problem
    except (TypeError, ValueError, KeyError, ArithmeticError) as problem:
        raise TemplateError(
            f"template {name}{_line(problem)}",
            expected="a template that renders",
            found=f"{type(problem).__name__}: {problem}",
            next_step="mend the template; where it is cardgen's own, report this",
        ) from problem


def _line(problem: BaseException) -> str:
    """The innermost template line on the way to the problem."""
    trace, found = problem.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            found = f" ({Path(file).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return found


def forget_templates() -> None:
    """Read templates anew: they changed while this process was watching."""
    for environment in (card_environment, shell_environment, python_environment):
        environment.cache_clear()
