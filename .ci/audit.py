"""Look the pinned dependencies up in the advisory database of the package index, where it has one.

Exits with 1 where an advisory stands against a pin. Where no database answers, that is said, and nothing fails.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOOL = "pip-audit==2.9.0"


def main() -> str | None:
    """Return what is wrong in words, or None."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "tool", "run", "--quiet", TOOL, "--requirement", "requirements-dev.txt"]
    options = ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    ended = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        pins = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"dependencies are not audited: {ended.stderr.strip().splitlines()[-1:] or ended.returncode}")
        return None
    known = [pin for pin in pins if "vulns" in pin]
    if not known:
        print(f"dependencies are not audited: no advisory database knows any of {len(pins)} pins from here")
        return None
    found = [f"{pin['name']} {pin['version']}: {each['id']}" for pin in known for each in pin["vulns"]]
    print(f"{len(known)} of {len(pins)} pins audited, {len(found)} advisories")
    return "\n".join(found) or None


if __name__ == "__main__":
    sys.exit(main())
