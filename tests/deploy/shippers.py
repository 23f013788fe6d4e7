"""The shippers' configurations, and the settings that each states for logsluice."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "deploy" / "shippers"
SHIPPERS = {path.stem: path for path in sorted(DIRECTORY.iterdir()) if path.suffix != ".md"}


def stated_settings(path: Path) -> dict[str, str]:
    """Return the settings that stand at the top of a configuration, by their variables."""
    return dict(re.findall(r"^# (LOGSLUICE_\w+)=(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
