import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def olist_dir() -> Path:
    here = Path(__file__).resolve()
    named = os.environ.get("WAYPOST_TEST_DATA")
    candidates = [Path(named)] if named else [parent / "shared" / "data" for parent in here.parents]
    for candidate in candidates:
        if (candidate / "olist" / "olist_orders_dataset.csv").exists():
            return candidate / "olist"
    pytest.skip("the Olist data set is absent; WAYPOST_TEST_DATA names the folder that has olist/")
