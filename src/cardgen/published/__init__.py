"""Reading a published card: Markdown with HTML as people write it, every cell with its place."""

from cardgen.published.document import (
    Cell,
    Comment,
    Document,
    Entry,
    Fault,
    Fence,
    FrontMatter,
    Link,
    Section,
    Sentence,
    Table,
)
from cardgen.published.reading import read

__all__ = [
    "Cell",
    "Comment",
    "Document",
    "Entry",
    "Fault",
    "Fence",
    "FrontMatter",
    "Link",
    "Section",
    "Sentence",
    "Table",
    "read",
]
