"""What the translators' tests share: the starter on a shelf, read once."""

from pathlib import Path

import pytest

from translators.argos import ArgosTranslator
from translators.starters import install_starter

AT = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="session")
def starter_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packages folder with the starter in it; tests only read it."""
    directory = tmp_path_factory.mktemp("packages")
    install_starter(directory, installed_at=AT)
    return directory


@pytest.fixture(scope="session")
def starter(starter_dir: Path) -> ArgosTranslator:
    """The engine over the starter; the model is loaded once for all tests."""
    return ArgosTranslator(starter_dir)
