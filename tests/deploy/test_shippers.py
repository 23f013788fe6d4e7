"""What the shippers write is what logsluice reads, with the settings that their configurations state."""

from pathlib import Path

import pytest
import yaml

from consumer.records.decoding import json_decoder
from consumer.settings import Settings
from tests.deploy.shippers import DIRECTORY, SHIPPERS, stated_settings

GOLDEN = Path(__file__).parent / "golden"
EVERY_SHIPPER = pytest.mark.parametrize("name", SHIPPERS)


@EVERY_SHIPPER
def test_the_golden_record_decodes_with_the_settings_that_are_stated(name: str) -> None:
    settings = stated_settings(SHIPPERS[name])
    decode = json_decoder(settings["LOGSLUICE_SOURCE_FIELD"], settings["LOGSLUICE_MESSAGE_FIELD"])
    event = decode((GOLDEN / f"{name}.json").read_bytes())
    assert (event.source, event.message) == ("billing", "Payment 4711 was refused: the card is expired")


@EVERY_SHIPPER
def test_the_configuration_writes_to_the_input_topic(name: str) -> None:
    text = SHIPPERS[name].read_text(encoding="utf-8")
    assert Settings().input_topic[0] in text
    assert Settings().bootstrap_servers in text


@EVERY_SHIPPER
def test_the_readme_states_the_same_settings(name: str) -> None:
    settings = stated_settings(SHIPPERS[name])
    fields = f"| `{settings['LOGSLUICE_SOURCE_FIELD']}` | `{settings['LOGSLUICE_MESSAGE_FIELD']}` |"
    rows = (DIRECTORY / "README.md").read_text(encoding="utf-8").splitlines()
    assert any(f"({SHIPPERS[name].name})" in row and row.endswith(fields) for row in rows)


@pytest.mark.parametrize(
    "path", [path for path in SHIPPERS.values() if path.suffix != ".conf"], ids=lambda p: p.stem
)
def test_the_configuration_is_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)
