"""Many publishers of one repository at once, each a process of its own with a card of its own.

`python many.py REPO TIMEOUT NUMBER...` pushes the cards of these numbers, all at the same time,
and prints what each of them said, a JSON line each: its number, whether it says that its card is
there, and the address. A number with a `p` behind it opens a pull request. Processes are forked
from one that has everything imported: fifty starts of Python would not be at the same time.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from cardgen.errors import CardgenError
from cardgen.hub.repository import Repository
from cardgen.publish.plan import README, Wanted
from cardgen.publish.push import Order, push

CARD = """\
---
license: mit
library_name: transformers
---

# Card {number}

## Accuracy

The score is {score}.
"""
HAND = "Written by hand for card {number}, with  two blanks.\n\tAnd a tab.\n"


def card(number: int, score: str) -> bytes:
    """The card's README as a build gives it."""
    return CARD.format(number=number, score=score).encode()


def folder(number: int) -> str:
    """Where the card stands in the repository."""
    return f"cards/{number}"


def one(repo: str, timeout_s: float, which: str) -> dict[str, object]:
    """Push one card and say what came of it."""
    number = int(which.rstrip("p"))
    files = {README: card(number, f"new {number}")}
    order = Order(pull_request=which.endswith("p"), title=f"card {number}")
    try:
        opened = Repository.open(repo, timeout_s=timeout_s)
        outcome = push(Wanted(files, folder(number)), opened, order)
    except CardgenError as problem:
        return {"which": which, "done": False, "said": str(problem)}
    return {"which": which, "done": not outcome.astray, "said": outcome.url}


def main() -> None:
    """Fork a process for each number, wait for all."""
    repo, timeout_s, *numbers = sys.argv[1:]
    import huggingface_hub.hf_api  # noqa: F401 - once, before the forks

    children = []
    for which in numbers:
        child = os.fork()
        if child == 0:
            try:
                line = json.dumps(one(repo, float(timeout_s), which)) + "\n"
                os.write(1, line.encode())
            except BaseException:  # noqa: BLE001 - a child never returns
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
