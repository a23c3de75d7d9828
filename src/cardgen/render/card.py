"""One card in one language: its contents and the prose beside it, rendered.

No I/O but templates and the prose beside the card.
"""

from __future__ import annotations

import re
from typing import Any, get_args

from markupsafe import Markup

from cardgen.language import NAMES, Language
from cardgen.render import prose, sentences
from cardgen.render import tables as render_tables
from cardgen.render.contents import Contents, gather, project_templates
from cardgen.render.environment import LANGUAGE, card_environment, render
from cardgen.render.sentences import printed
from cardgen.render.tidy import tidy
from cardgen.spec.card import CardSpecification, Section
from cardgen.tables import serving
from cardgen.tables.model import shown
from cardgen.tables.quantization import telling

PROSE_MARK = re.compile("\x02(\\w+)\x03")
HUB = "https://huggingface.co/"


def readme_name(specification: CardSpecification, language: str) -> str:
    """README.md for the card's first language, README.<language>.md for the others."""
    return "README.md" if language == specification.languages[0] else f"README.{language}.md"


def text(contents: Contents, language: Language, plots: dict[str, Markup]) -> str:
    """The card in a language. `plots` holds each plot's Markdown by its name."""
    card, specification = contents.card, contents.specification
    name = readme_name(specification, language.code)
    place = f"{card.project.relative(card.folder)}"
    written = prose.read(card.folder, language.code, place)
    context: dict[str, Any] = {
        LANGUAGE: language,
        "card": specification,
        "name": card.name,
        "other_languages": [
            (NAMES.get(code, code), readme_name(specification, code))
            for code in specification.languages
            if code != language.code
        ],
        "this_language": NAMES.get(language.code, language.code),
        "sections": specification.ordered_sections,
        "prose": {
            section: Markup(f"\x02{section}\x03" if section in written else "")  # noqa: S704
            for section in get_args(Section)
        },
        "tables": contents.tables,
        "table": lambda item: render_tables.render(item, language),
        "settings": lambda item: render_tables.settings_line(item, language),
        "titles": serving.TITLES,
        "sweeps": contents.sweeps,
        "headlines": sentences.best_ratios(contents, language),
        "q": contents.quantization,
        "quantized_with": contents.quantized_with,
        "from_checkpoint": contents.from_checkpoint,
        "activations": contents.activations,
        "attempt": contents.attempt,
        "telling": telling(card),
        "size": sentences.size(contents),
        "figures": {cell.address: sentences.printed(cell) for cell in contents.figures},
        "engine_starts": sentences.starts(contents, language),
        "usage": contents.usage,
        "creation": contents.creation,
        "evaluation": contents.evaluation,
        "benchmark": contents.benchmark,
        "device_commands": contents.device,
        "prices": contents.prices,
        "profiles": sentences.profiles(contents),
        "with_difference": sentences.has_differences(contents, paired=False),
        "with_paired": sentences.has_differences(contents, paired=True),
        "methods": contents.methods,
        "unknowns": contents.unknowns,
        "conflicts": contents.conflicts,
        "unshown": [one.sentence() for one in contents.unshown if not one.foreign],
        "treatments": contents.treatments,
        "quality_notes": sentences.quality(contents),
        "plots": plots,
        "hub": HUB,
    }
    environment = card_environment(project_templates(card))
    body = tidy(render(environment, "card.md.j2", context), f"{place}/{name}")
    # Hand-written words go in last: the scan for unfilled places is for the templates' text.
    body = PROSE_MARK.sub(lambda mark: written[mark[1]], body)
    return f"{contents.header}\n{body}" if name == "README.md" else body


__all__ = [
    "Contents",
    "gather",
    "printed",
    "project_templates",
    "readme_name",
    "shown",
    "text",
]
