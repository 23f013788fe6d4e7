"""`logsluice tail` on a terminal: colours by label, and no message that commands it."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from logsluice.cli.labelled_line import colour
from tests.support.kafka_server import KafkaServer
from tests.support.labelled_records import labelled
from tests.support.raw_records import publish
from tests.support.service_process import COMMAND


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["line", "json"])
def test_on_a_terminal_labels_have_colours_and_messages_no_command(
    kafka: KafkaServer, tmp_path: Path, arguments: list[str]
) -> None:
    topic = f"tail.terminal{len(arguments)}"
    kafka.create_topics(topic, partitions=1)
    commanding = b'{"source":"a","log_message":"\x7f\xc2\x9b31m"'
    [sample] = [labelled(0)]
    value = commanding + (sample.value or b"")[(sample.value or b"").index(b',"classification"') :]
    publish(kafka, topic, [sample._replace(value=value, partition=0)])
    ours, theirs = pty.openpty()
    environment = {"LOGSLUICE_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    clean = {name: text for name, text in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [COMMAND, "tail", "--topic", topic, "--last", "1", *arguments],
        env=clean | environment,
        cwd=tmp_path,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    shown = b""
    try:
        while not shown.endswith(b"\n"):
            shown += os.read(ours, 10_000)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        os.close(ours)
        os.close(theirs)
    if arguments:
        assert b"\\u007f\\u009b31m" in shown
        assert json.loads(shown)["log_message"] == "\x7f\x9b31m"
    else:
        assert f"\x1b[38;5;{colour('Security Alert')}mSecurity Alert".encode() in shown
        assert b"??31m" in shown
    assert b"\xc2\x9b" not in shown


def test_a_label_has_its_colour_whatever_the_process() -> None:
    labels = ["Security Alert", "Unclassified", "Our Own", "Another of Ours"]
    code = f"from logsluice.cli.labelled_line import colour; print([colour(label) for label in {labels}])"
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert json.loads(printed.stdout) == [colour(label) for label in labels]
