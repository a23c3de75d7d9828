"""The real environments: every lock installs here, and what its role needs can be imported.

Takes gigabytes. CARDGEN_ENVIRONMENTS and UV_CACHE_DIR keep them from one run to the next.
"""

from __future__ import annotations

import pytest

from cardgen.collect import environments, interpreter
from cardgen.collect.manifest import find_collectors

ROLES = {
    role.locks["cpu"]: role
    for collector in find_collectors().values()
    for role in collector.roles.values()
    if "cpu" in role.locks
}


@pytest.mark.collectors
@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.label)
def test_a_packaged_role_s_environment_works(role: object) -> None:
    from cardgen.collect.manifest import Role

    assert isinstance(role, Role)
    found = environments.ensure(role, "cpu")
    answer = interpreter.ask(found.python, role.imports)
    assert answer.failed == {}
    assert answer.packages.items() >= found.packages.items()
