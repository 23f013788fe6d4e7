"""Write ``deploy/.env.example``, every setting with its meaning: ``python -m deploy.env_example``."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec
from pydantic import BaseModel, ByteSize
from pydantic.fields import FieldInfo
from pydantic_settings import NoDecode

from console.settings import AllSettings
from consumer.settings import PREFIX

PATH = Path(__file__).parent / ".env.example"
INTRODUCTION = """\
# Every setting of logsluice, its meaning and its default. Copy this file to .env, uncomment what you change.
# A variable of the environment wins over .env. What should be in neither may be a file in /run/secrets, named
# like the setting in small letters.
"""


def rendered() -> str:
    """Return the text of the file."""
    return INTRODUCTION + "".join(_settings(AllSettings, PREFIX))


def _settings(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        variable = str(field.validation_alias or f"{prefix}{name}".upper())
        group = nested(field.annotation)
        if group:
            yield from _settings(group, f"{variable}__")
        else:
            yield f"\n# {field.description}\n#{variable}={default_of(field)}\n"


def nested(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a group of settings; None for a setting."""
    choices = get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)
    return next(
        (choice for choice in choices if isinstance(choice, type) and issubclass(choice, BaseModel)), None
    )


def default_of(field: FieldInfo) -> str:
    """Return the default of a setting as it is written in the environment."""
    default = field.get_default(call_default_factory=True, validated_data={})
    # A plain list is JSON; one that pydantic-settings leaves alone is separated by commas.
    if NoDecode in field.metadata:
        return ",".join(default)
    if isinstance(default, ByteSize):
        return default.human_readable(decimal=True).replace(".0", "")
    if default is None or isinstance(default, str | Path):
        return str(default or "")
    return msgspec.json.encode(default).decode()


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
