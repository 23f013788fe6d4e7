"""From a key that is pressed in the browser to the label in the topic, on a real Kafka."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.console.pages.conftest import Watched
from tests.console.served import Served
from tests.support.kafka_server import KafkaServer, wait_until
from tests.support.world import World

EVENT = b'{"source": "router", "log_message": "connection of peer 17 was reset"}'


def test_one_key_changes_the_label_of_the_next_event(
    kafka: KafkaServer, browser: Browser, small: Path, tmp_path: Path
) -> None:
    world = World(kafka, tmp_path, "key-to-topic", bundle=small, partitions=1)
    with world.start() as service, Served(tmp_path, world.environment) as console:
        service.wait_until_ready()
        watched = Watched(browser, console.address)
        live = watched.open("/live")
        expect(live.locator("#state")).to_contain_text("shown")
        world.publish([EVENT] * 3)
        world.wait_until_published(3)
        before = world.labelled()[-1]["classification"]["label"]
        expect(live.locator("#lines tr")).to_have_count(3)
        live.get_by_role("button", name="Pause").click()

        review = watched.open("/review")

        def is_in_the_queue() -> bool:
            review.reload()
            return review.locator("#queue [role=option]").count() == 1

        wait_until(is_in_the_queue, "the template is in the queue", 30)
        review.keyboard.press("3")
        expect(review.locator("#queue")).to_contain_text("✓ User Action")
        assert before != "User Action"

        def next_label() -> tuple[str, str]:
            """Publish an event, and return its label and tier."""
            count = len(world.labelled())
            world.publish([EVENT])
            world.wait_until_published(count + 1)
            said = world.labelled()[-1]["classification"]
            return said["label"], said["tier"]

        wait_until(lambda: next_label() == ("User Action", "memory"), "what a person says holds", 30)
        review.keyboard.press("u")
        expect(review.locator("#queue")).not_to_contain_text("✓")
        wait_until(lambda: next_label()[0] == before, "what is undone holds no more", 30)

        # All that was published while it is paused has come, and nothing of it is shown.
        since = len(world.labelled()) - 3
        expect(live.locator("#state")).to_contain_text(f"paused, {since} since then")
        expect(live.locator("#lines tr")).to_have_count(3)
        live.get_by_role("button", name="Go on").click()
        world.publish([EVENT])
        expect(live.locator("#lines tr")).to_have_count(4)

        now = watched.open("/")
        lag = now.locator(".tiles div", has_text="Lag").locator("dd")
        expect(lag).to_have_text("0", timeout=30_000)
        watched.close()
