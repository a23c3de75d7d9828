"""The few words of the page itself, in the languages of cards. The card's own are its catalogs'."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "changed": "changed",
        "new": "new",
        "gone": "gone",
        "language": "Language",
        "theme": "Colours",
        "auto": "Auto",
        "light": "Light",
        "dark": "Dark",
        "view": "View",
        "both": "Side by side",
        "before": "Before",
        "after": "After",
        "skip": "To the card",
        "source": "Where this number comes from",
        "close": "Close",
        "changes": "What changed",
        "records": "Records",
        "hint": "Every number of the tables tells where it comes from: point at it, or press it.",
    },
    "ru": {
        "changed": "изменилось",
        "new": "новое",
        "gone": "исчезло",
        "language": "Язык",
        "theme": "Цвета",
        "auto": "Авто",
        "light": "Светлые",
        "dark": "Тёмные",
        "view": "Вид",
        "both": "Рядом",
        "before": "Было",
        "after": "Стало",
        "skip": "К карточке",
        "source": "Откуда это число",
        "close": "Закрыть",
        "changes": "Что изменилось",
        "records": "Записи",
        "hint": "Каждое число таблиц говорит, откуда оно: наведите на него или нажмите.",
    },
}


def said(word: str, language: str) -> str:
    """The word in a language, else in English."""
    return WORDS.get(language, WORDS["en"])[word]
