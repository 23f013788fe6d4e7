"""Which tiers an event passes, in which order, by its source."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from pipeline.errors import BundleError
from pipeline.verdict import Tier

DEFAULT_ROUTE: tuple[Tier, ...] = ("rules", "memory", "embedding", "llm")


class Routes:
    """A route for each source that has one of its own, and a default for all others."""

    def __init__(
        self, by_source: Mapping[str, tuple[Tier, ...]], default: tuple[Tier, ...] = DEFAULT_ROUTE
    ) -> None:
        self.default = default
        self.by_source = dict(by_source)

    def of(self, source: str) -> tuple[Tier, ...]:
        """Return the tiers that events of this source pass, in order."""
        return self.by_source.get(source, self.default)


def read_routes(path: Path) -> Routes:
    """Read ``routes.yaml``: ``default: [tier, ...]`` and ``sources: {name: [tier, ...]}``, both optional.

    Raises:
        BundleError: the file is not of that form, or names a tier that is not one.
    """
    try:
        return parse_routes(path.read_bytes(), path)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def parse_routes(text: bytes, path: Path) -> Routes:
    """Return the routes in the text of a file, as `read_routes` does; ``path`` is where it came from."""
    try:
        content = yaml.safe_load(text.decode()) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BundleError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not set(content) <= {"default", "sources"}:
        raise BundleError(f"{path} must hold `default` and `sources`, and nothing else")
    sources = content.get("sources") or {}
    if not isinstance(sources, dict):
        raise BundleError(f"{path}: `sources` must map the name of a source to a list of tiers")
    default = _route(path, "default", content.get("default", list(DEFAULT_ROUTE)))
    return Routes({str(source): _route(path, source, tiers) for source, tiers in sources.items()}, default)


def _route(path: Path, name: Any, tiers: Any) -> tuple[Tier, ...]:
    allowed = [tier for tier in get_args(Tier) if tier != "none"]
    try:
        route = msgspec.convert(tiers, tuple[Tier, ...])
    except msgspec.ValidationError:
        route = ()
    if not route or "none" in route or len(set(route)) != len(route):
        raise BundleError(f"{path}: the route of {name!r} must list some of {allowed}, each once at most")
    return route
