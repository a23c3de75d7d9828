"""The client, set up once: a time-out on every request, no bars, no noise.

Nothing of huggingface_hub is imported before it is called.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardgen.hub.trouble import offline

if TYPE_CHECKING:
    from huggingface_hub import HfApi

TIMEOUT_S = 30.0
"""Of connecting, and of each wait for the server's next bytes."""

SILENT = 50
"""Above every message of the client: cardgen tells the trouble itself."""


def connect(place: str, *, timeout_s: float = TIMEOUT_S) -> HfApi:
    """The client with a time-out; while HF_HUB_OFFLINE is set, an error that names `place`.

    Endpoint and token are huggingface_hub's own affair: HF_ENDPOINT, HF_TOKEN, `hf auth login`.
    Large files go by LFS over HTTP, where the time-out holds; Xet, whose transfers know none, is
    used if HF_HUB_DISABLE_XET is set to 0.
    """
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    from huggingface_hub import HfApi, get_session, is_offline_mode, set_client_factory
    from huggingface_hub.utils import logging
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if is_offline_mode():
        raise offline(place)
    default = get_session()
    kind = type(default)
    hooks = {**default.event_hooks}
    # Of an earlier call here only the limit is replaced: the client's own hooks stay.
    own = [hook for hook in hooks.get("request", []) if not isinstance(hook, _Limit)]
    hooks["request"] = [*own, _Limit(timeout_s)]
    set_client_factory(lambda: kind(event_hooks=hooks, follow_redirects=True, timeout=timeout_s))
    disable_progress_bars()
    logging.set_verbosity(SILENT)
    return HfApi(library_name="cardgen")


@dataclass(frozen=True)
class _Limit:
    """What puts the time-out on a request: some of the client's calls ask for none."""

    timeout_s: float

    def __call__(self, request: Any) -> None:
        asked = request.extensions.get("timeout") or {}
        request.extensions["timeout"] = {
            step: min(asked.get(step) or self.timeout_s, self.timeout_s)
            for step in ("connect", "read", "write", "pool")
        }
