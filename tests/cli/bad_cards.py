"""Faults of card.yaml."""

from __future__ import annotations

from cli.bad_projects import CARD, INSIDE, Bad, card, in_card

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)


CARDS = {
    **{
        f"runs: {path}": in_card(
            f"runs: {path}\n", path, "/runs", INSIDE, "", "keep the file inside the project"
        )
        for path in ("../x", "/etc", "~/x", "a/../../x", r"\\server\x", r"..\x", "C:/x")
    },
    "runs with a NUL": in_card(
        'runs: "a\\0b"\n', '"', "/runs", "without control characters", r"'a\x00b'", "remove"
    ),
    "runs: no such folder": in_card(
        "runs: rnus\n",
        "rnus",
        "/runs",
        "a folder of run files",
        "does not exist",
        "name the folder",
    ),
    "version: 1.10": in_card(
        "version: 1.10\n",
        "1.10",
        "/version",
        "text",
        "1.10 without quotes, which is read as a number",
        'write it in quotes: "1.10"',
    ),
    "unknown key": in_card(
        "licence: mit\n",
        "licence",
        "/licence",
        "one of the keys kind, title",
        "unknown key 'licence'",
        "did you mean 'license'?",
    ),
    "unknown key inside": in_card(
        "deployment: {engin: vLLM}\n",
        "engin:",
        "/deployment/engin",
        "one of the keys engine,",
        "unknown key 'engin'",
        "did you mean 'engine'?",
    ),
    "misspelt required key": in_card(
        "device:\n  sweeps:\n    - over: device\n      att: {}\n",
        "att",
        "/device/sweeps/0/att",
        "one of the keys over, at",
        "unknown key 'att'",
        "did you mean 'at'?",
    ),
    "misspelt section": in_card(
        "sections: [overview, accurracy]\n",
        "accurracy",
        "/sections/1",
        "'accuracy'",
        "accurracy",
        "did you mean 'accuracy'?",
    ),
    "text or mapping": in_card(
        "developers: 3\n", "3", "/developers", "text or a mapping", "3 without quotes", '"3"'
    ),
    "language of a text": in_card(
        "developers: {english: x}\n",
        "english",
        "/developers/english",
        "a language code such as en or ru",
        "the key 'english'",
        "docs/card-yaml.md",
    ),
    "duplicate key": in_card(
        "deployment:\n  engine: a\n  engine: b\n",
        "engine: b",
        "/deployment/engine",
        "every key once",
        "duplicate mapping key: 'engine', which stands on line 6 too",
        "remove one of the two",
    ),
    "a line that is pasted beside the field's own": in_card(
        "serving:\n  models: [a]\nserving: {models: [a, b]}\n",
        "serving: {",
        "/serving",
        "every key once",
        "duplicate mapping key: 'serving', which stands on line 5 too",
        "join the two under one `serving:`, or remove one of them",
    ),
    "a list that is pasted beside another": in_card(
        "serving: {models: [a], models: [b]}\n",
        "models: [b]",
        "/serving/models",
        "every key once",
        "duplicate mapping key: 'models', which stands on line 5 too",
        "join the two under one `models:`, or remove one of them",
    ),
    "a list beside a text": in_card(
        "tags: [a]\ntags: b\n",
        "tags: b",
        "/tags",
        "every key once",
        "which stands on line 5 too",
        "remove one of the two",
    ),
    "alias of itself": in_card(
        "tags: &a [*a]\n", "&a", "", "values that end", "the anchor 'a'", "instead of '*a'"
    ),
    "aliases of aliases": Bad(
        card(BOMB + CARD),
        "cards/small/card.yaml",
        "valid YAML 1.2",
        "alias replay limit exceeded",
        "write the values out",
    ),
    "tabs": in_card(
        "deployment:\n\tengine: x\n", "engine", "", "valid YAML 1.2", "tabs", "indent with spaces"
    ),
    "broken": in_card("tags: [a, b\n", "[", "", "valid YAML 1.2", "unclosed bracket", "close it"),
    "nested deeply": Bad(
        card(f"{CARD}tags: {'[' * 5000}{']' * 5000}\n"),
        "cards/small/card.yaml:5:262",
        "valid YAML 1.2",
        "recursion limit exceeded",
        "nest less deeply",
    ),
    "nested deeply on one line": Bad(
        card(f"{CARD}tags:\n  {'- ' * 50_000}x\n"),
        "cards/small/card.yaml:6:3",
        "valid YAML 1.2",
        "recursion limit exceeded",
        "nest less deeply",
    ),
    "uses itself": in_card(
        "uses: [small]\n", "small", "/uses/0", "another card", "the card itself", "remove 'small'"
    ),
    "uses what lies outside": in_card(
        "uses: [../cards/small]\n", "../", "/uses/0", "another card", "no card '../", "remove"
    ),
    "a list": Bad(
        card("- a\n"), "cards/small/card.yaml:1:1", "a mapping", "a list", "docs/card-yaml.md"
    ),
    "empty": Bad(
        card("# nothing\n"), "cards/small/card.yaml:1:1", "a mapping", "an empty file", "init"
    ),
    "binary": Bad(
        card(b"\x89PNG\r\n"), "cards/small/card.yaml:1:1", "UTF-8", "the byte 0x89", "save"
    ),
    "what follows a NUL": in_card(
        "tags: [a]\n\0licence: x\n", "\0", "", "YAML text", "U+0000", "remove it"
    ),
    "two documents": Bad(
        card(f"{CARD}---\n{CARD}"), "cards/small/card.yaml", "one YAML document", "several", "keep"
    ),
}
