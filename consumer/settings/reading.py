"""Reads the settings, and makes a sentence of everything that is wrong: all of it at once, each by its name."""

import difflib
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError as SourceError

from consumer.errors import SettingsError
from consumer.log import escaped
from consumer.settings.model import Settings
from consumer.settings.sources import PREFIX

DEFAULT_SECRETS = Path("/run/secrets")
_SECRETS_DIR = f"{PREFIX}SECRETS_DIR"
# What Kubernetes puts into the environment of pods where a Service is named "logsluice" or "logsluice-...".
_SERVICE_LINK = re.compile(rf"{PREFIX}((\w+_)?SERVICE_(HOST|PORT)\w*|(\w+_)?PORT_\d+_(TCP|UDP)\w*|PORT)$")
_MAX_CHARS = 1_000
_LINK_VALUE = re.compile(r"(tcp|udp)://")
_Model = TypeVar("_Model", bound=Settings)


def read_settings(env_file: Path | None = None, secrets: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings of the service; see `read_as`."""
    return read_as(Settings, env_file, secrets, **overrides)


def read_as(
    model: type[_Model], env_file: Path | None = None, secrets: Path | None = None, **overrides: Any
) -> _Model:
    """Read the settings; a value in the environment wins over ``.env``, ``.env`` over a secret file.

    ``model`` has every setting that there is. A variable that is empty counts as not set.

    Raises:
        SettingsError: naming every setting that is wrong, and what each accepts.
    """
    env_file = env_file or Path(".env")
    try:
        in_file = dotenv_values(env_file) if env_file.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read: {error}") from None
    given = {**in_file, **os.environ}
    unknown = _unknown(model, given)
    problems = list(unknown.values())
    problems += [f"{name} is not text in UTF-8." for name, value in given.items() if _is_garbled(name, value)]
    if secrets is None:
        named = given.get(_SECRETS_DIR)
        secrets = Path(named) if named else DEFAULT_SECRETS
        if named and not secrets.is_dir():
            problems.append(f"{_SECRETS_DIR} is {named!r}: there is no such directory.")
    settings = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a directory that is not there has been looked at above
            settings = model(
                _env_file=env_file, _secrets_dir=secrets if secrets.is_dir() else None, **overrides
            )
    except ValidationError as error:
        sentences = (_sentence(model, each) for each in error.errors(include_url=False))
        # An unknown variable has been named above, with what it may have meant.
        problems += [text for name, text in sentences if name not in unknown]
    except (OSError, UnicodeDecodeError, SourceError) as error:
        problems.append(f"the secret files in {secrets} cannot be read: {error}.")
    if problems or settings is None:
        raise SettingsError("\n".join(map(_line, problems)))
    return settings


def _line(problem: str) -> str:
    """Return a problem as one line of bounded length, whatever the value holds that it quotes."""
    line = escaped(problem)
    return line if len(line) <= _MAX_CHARS else f"{line[:_MAX_CHARS]}..."


def _is_garbled(name: str, value: str | None) -> bool:
    """Return whether a variable of ours holds bytes that are not UTF-8, which Python keeps as surrogates."""
    ours = name.upper().startswith(PREFIX) or name.upper() == "GROQ_API_KEY"
    return ours and any("\ud800" <= character <= "\udfff" for character in value or "")


def _unknown(model: type[BaseModel], given: Mapping[str, str | None]) -> dict[str, str]:
    """Return a sentence for each variable with our prefix that is no setting, by its name in capitals."""
    known = {*_variables(model, PREFIX), _SECRETS_DIR}
    problems = {}
    for name, value in sorted(given.items()):
        is_link = _SERVICE_LINK.match(name) or (name.endswith("_PORT") and _LINK_VALUE.match(value or ""))
        if name.upper().startswith(PREFIX) and name.upper() not in known and not is_link:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            problems[name.upper()] = f"{name} is not a setting{f'; did you mean {near[0]}?' if near else ''}"
    return problems


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the name of every variable that is read; a nested one may also be given whole, as JSON."""
    for name, field in model.model_fields.items():
        if field.validation_alias is None:
            yield f"{prefix}{name}".upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, f"{prefix}{name}__")


def _setting_at(root: type[BaseModel], path: Sequence[str | int]) -> tuple[str, str | None]:
    """Return the variable of a place in the settings, without what lies within its value, and what it takes."""
    model: type[BaseModel] | None = root
    names: list[str] = []
    description = None
    for part in path:
        if model is None:
            break
        names.append(str(part))
        field = model.model_fields.get(str(part))
        description = field.description if field else None
        kind = field.annotation if field else None
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    alias = names == ["GROQ_API_KEY"]
    return names[0] if alias else f"{PREFIX}{'__'.join(names)}".upper(), description


def _sentence(model: type[BaseModel], detail: Any) -> tuple[str, str]:
    """Return the name of the setting that an error is about, and the sentence that says what is wrong."""
    reason = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "settings_together":  # it names its settings itself
        return "", f"{reason}."
    path = detail["loc"]
    name, takes = _setting_at(model, path)
    if detail["type"] == "extra_forbidden":
        return name, f"{name} is not a setting."
    secret = (
        path[:1] in (("kafka",), ("kafka_auth",), ("schema_registry",), ("llm",), ("GROQ_API_KEY",))
        or "PASSWORD" in name
        or name.endswith("TOKEN")
    )
    shown = ":" if secret else f" is {detail['input']!r}:"
    if len(shown) > 200:
        shown = f"{shown[:196]}...:"
    if not reason[:2].isupper():
        reason = reason[0].lower() + reason[1:]
    return name, (f"{name}{shown} {reason}. It takes: {takes or 'see README.md, Settings'}.")
