"""The jars of Apache Kafka: fetched once with Maven into ``.cache/`` (44 MB), or taken from ``$KAFKA_DIR``."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

VERSION = "4.3.1"
_ROOT = Path(__file__).parents[2]

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>logsluice</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
</dependency></dependencies></project>
"""


class KafkaMissingError(Exception):
    """There is no real Kafka here; the message says what is missing."""


def kafka_jars() -> Path:
    """Return the directory of Kafka's jars, fetching them where they are not there yet.

    Raises:
        KafkaMissingError: there is no Java, or no Maven to fetch them with.
    """
    if shutil.which("java") is None:
        raise KafkaMissingError("no JDK: `java` is not on the PATH")
    given = os.environ.get("KAFKA_DIR")
    directory = Path(given) if given else _ROOT / ".cache" / f"kafka-{VERSION}"
    if any(directory.glob(f"kafka_2.13-{VERSION}.jar")):
        return directory
    if given:
        raise KafkaMissingError(f"KAFKA_DIR has no kafka_2.13-{VERSION}.jar")
    if shutil.which("mvn") is None:
        raise KafkaMissingError("no Maven: `mvn` is not on the PATH, and it fetches Kafka's jars")
    directory.parent.mkdir(exist_ok=True)
    with directory.with_name(f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Maven's own cache does not take two at a time
        if not directory.exists():
            _fetch_jars(directory)
    return directory


def _fetch_jars(directory: Path) -> None:
    part = directory.with_name(f"{directory.name}.{os.getpid()}")
    part.mkdir(parents=True)
    try:
        (part / "pom.xml").write_text(_POM)
        fetch = ["mvn", "-q", "-B", "-f", str(part / "pom.xml"), "dependency:copy-dependencies"]
        fetched = subprocess.run(
            [*fetch, "-DincludeScope=runtime", f"-DoutputDirectory={part}"],
            capture_output=True,
            text=True,
            timeout=600,
        )
        if fetched.returncode:
            raise KafkaMissingError(f"Maven cannot fetch Kafka's jars: {fetched.stdout.strip()[-500:]}")
        part.rename(directory)
    finally:
        shutil.rmtree(part, ignore_errors=True)
