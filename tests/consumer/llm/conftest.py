from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from tests.support.chat_server import ChatServer

_END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session")
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificates") / "one.pem"
    path.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(_END)[0] + _END)
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, one_certificate: Path) -> Iterator[ChatServer]:
    """A server that labels everything Error until a test gives it another answer."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # Each client reads every certificate authority again, which takes longer than all else that a test does.
    monkeypatch.setenv("SSL_CERT_FILE", str(one_certificate))
    with ChatServer() as server:
        yield server
