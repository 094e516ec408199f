"""What the tests of images share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from image.real_images import Images, real_images


@pytest.fixture(scope="session")
def images() -> Iterator[Images]:
    """Images made by the real Apptainer."""
    with real_images() as made:
        yield made
