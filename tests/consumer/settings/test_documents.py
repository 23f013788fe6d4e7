"""The tables of settings in the documents are the settings."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from consumer.settings import Settings
from deploy import env_example
from tests.support.project import ROOT

DOCUMENTS = ("README.md", "docs/settings.md")


def descriptions(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name}".upper()
        nested = env_example.nested(field.annotation)
        if nested:
            yield from descriptions(nested, f"{variable}__")
        elif field.validation_alias is None:
            yield variable, str(field.description)


def test_each_setting_stands_in_one_table_with_its_description() -> None:
    text = "\n".join((ROOT / document).read_text(encoding="utf-8") for document in DOCUMENTS)
    listed = re.findall(r"^\| `([A-Z_]+)` \| (?:`[^`]*`)? ?\| (.+) \|$", text, re.MULTILINE)
    assert len(listed) == len({name for name, _ in listed})
    assert dict(listed) == dict(descriptions(Settings))
