"""The real Apptainer, for the tests that ask it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from integration.oracle import NotHereError, Oracle, open_oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """The Apptainer of this machine; without one the test is left out, with the reason."""
    try:
        with open_oracle() as oracle:
            yield oracle
    except NotHereError as reason:
        if os.environ.get("SIFCHECK_REQUIRE_RUNTIME"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))
