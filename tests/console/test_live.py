"""The labelled stream for those who look at it live, on a real Kafka."""

import pytest

from console.live import Line, LiveStream, Wanted
from console.settings import AllSettings
from tests.console.store.events import raw
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.raw_records import publish


@pytest.mark.parametrize(
    ("keeps", "shown"), [(False, ["a template"]), (True, ["raw text of a template"])], ids=["masked", "kept"]
)
def test_messages_are_shown_only_where_they_may_be_kept(
    kafka: KafkaServer, keeps: bool, shown: list[str]
) -> None:
    topic = f"live.{'kept' if keeps else 'masked'}.labelled"
    kafka.create_topics(topic)
    publish(kafka, topic, [raw("a template", source="sshd")])
    settings = AllSettings(bootstrap_servers=kafka.bootstrap_servers, output_topic=topic)
    lines: list[Line] = []
    with LiveStream(settings, keeps).viewer(Wanted(), 10) as viewer:

        def has_come() -> bool:
            lines.extend(viewer.take()[0])
            return bool(lines)

        wait_until(has_come, "the event has come")
    assert [line.text for line in lines] == shown
    assert [line.source for line in lines] == ["sshd"]
