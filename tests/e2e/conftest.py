"""What end-to-end tests share: one whole installation for the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.installation import Installation, running


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything, up and ready; tests share it and use shops of their own."""
    with running(tmp_path_factory.mktemp("installation")) as everything:
        yield everything
