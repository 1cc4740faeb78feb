from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def olist_dir(shared_data: Path) -> Path:
    return shared_data / "olist"
