"""Templates over HTTP: found, filtered, in pages, one by one, the most frequent, the new."""

import pytest

from console.store.tally import Tally
from console.store.verdicts import VerdictChange
from console.store.writer import Batch
from tests.console.api.conftest import Api, said_by_person
from tests.console.store.events import labelled


def found(api: Api, **query: object) -> list[str]:
    answer = api.client.get("/v1/templates", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return [row["template"] for row in answer.json()["templates"]]


LOGIN, DISK, ODD = "login failed for <user>", "disk <num> died", "odd <num>"


@pytest.mark.parametrize(
    ("query", "templates"),
    [
        ({}, [LOGIN, DISK, ODD]),
        ({"order": "confidence"}, [ODD, DISK, LOGIN]),
        ({"search": "LOGIN fail"}, [LOGIN]),
        ({"search": "k"}, [DISK]),
        ({"search": "<num>"}, [DISK, ODD]),
        ({"search": '" OR "'}, []),
        ({"search": "100%_\x00"}, []),
        ({"label": ["Unclassified", "Critical Error"]}, [DISK, ODD]),
        ({"label": "no such label"}, []),
        ({"tier": "rules"}, [LOGIN]),
        ({"source": "kernel"}, [DISK]),
        ({"source": "no such source"}, []),
        ({"max_confidence": 0.7}, [DISK, ODD]),
        ({"min_confidence": 0.7, "max_confidence": 0.7}, [DISK]),
        ({"new": True}, [ODD]),
        ({"search": "num", "label": "Critical Error", "source": "kernel", "tier": "embedding"}, [DISK]),
    ],
)
def test_templates_are_found(api: Api, query: dict[str, object], templates: list[str]) -> None:
    api.fill()
    assert found(api, **query) == templates


def test_times_narrow(api: Api) -> None:
    api.fill()
    assert found(api, seen_since_ms=api.now_ms) == [ODD]
    api.write(labelled(LOGIN, "Security Alert", "sshd"))
    assert found(api, seen_since_ms=api.now_ms) == [LOGIN, ODD]
    assert found(api, first_seen_since_ms=api.now_ms) == [ODD]


def test_a_template_has_all_that_is_known_of_it(api: Api) -> None:
    api.fill()
    api.write(labelled(ODD, "Error", "other app", tier="llm", confidence=0.9))
    change = VerdictChange(*said_by_person(ODD, "Error"), 1)
    api.writer.write(Batch(Tally(), (change,), ()), api.now_ms)
    answer = api.client.get(f"/v1/templates/{api.id_of('odd')}").json()
    row = answer["row"]
    assert (row["template"], row["label"], row["tier"], row["events"]) == (ODD, "Error", "llm", 2)
    assert (row["sources"], row["is_new"], row["corrected"]) == (["app", "other app"], True, True)
    assert {(said["label"], said["best_guess"], said["events"]) for said in answer["history"]} == {
        ("Error", None, 1),
        ("Unclassified", "Error", 1),
    }
    [verdict] = answer["verdicts"]
    assert (verdict["label"], verdict["author"], verdict["source"]) == ("Error", "ada", "*")
    assert answer["minutes"] == [{"start_ms": api.now_ms // 60_000 * 60_000, "events": 2}]
    assert [point["events"] for point in answer["hours"]] == [2]
    assert answer["example"] is None


@pytest.mark.parametrize("id", ["0" * 16, "f" * 16, "x", "0" * 17])
def test_a_template_that_is_not_there_is_404(api: Api, id: str) -> None:
    answer = api.client.get(f"/v1/templates/{id}")
    assert answer.status_code == 404
    assert "no such template" in answer.json()["error"]


def test_pages_hold_each_template_once_while_more_come(api: Api) -> None:
    for number in range(25):
        api.write(*[labelled(f"template {number}")] * (1 + number // 5))
    seen: list[str] = []
    cursor = None
    for page in range(9):
        answer = api.client.get(
            "/v1/templates", params={"limit": 4, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [row["template"] for row in answer["templates"]]
        cursor = answer["next"]
        api.write(*[labelled(f"more {page}")] * 100)
        if cursor is None:
            break
    assert sorted(seen) == sorted(f"template {number}" for number in range(25))


@pytest.mark.parametrize(
    "cursor",
    ["x", "W10", "bnVsbA", "é", "WyJldmVudHMiLCAiYSIsIDFd", "WyJldmVudHMiLDk5OTk5OTk5OTk5OTk5OTk5OTk5LDFd"],
)
def test_a_cursor_of_another_list_is_422(api: Api, cursor: str) -> None:
    answer = api.client.get("/v1/templates", params={"cursor": cursor})
    assert answer.status_code == 422
    assert "first page" in answer.json()["error"]


def test_the_most_frequent_of_a_window(api: Api) -> None:
    api.write(*[labelled("long ago")] * 9, ago_ms=2 * 3_600_000)
    api.fill()
    rows = api.client.get("/v1/top").json()["top"]
    assert [(each["count"], each["row"]["template"]) for each in rows] == [(3, LOGIN), (2, DISK), (1, ODD)]
    rows = api.client.get("/v1/top", params={"window_s": 86_400, "limit": 1}).json()["top"]
    assert [(each["count"], each["row"]["template"]) for each in rows] == [(9, "long ago")]
    rows = api.client.get("/v1/top", params={"label": "Critical Error"}).json()["top"]
    assert [(each["count"], each["row"]["template"]) for each in rows] == [(2, DISK)]


def test_the_most_frequent_are_right_however_the_events_are_spread(api: Api) -> None:
    # None of them has much in any one hour, but for those that have less in all.
    for hour in range(20):
        api.write(*[labelled("steady")] * 3, *[labelled(f"once {hour}")] * 9, ago_ms=hour * 3_600_000)
    rows = api.client.get("/v1/top", params={"window_s": 86_400, "limit": 2}).json()["top"]
    assert (rows[0]["count"], rows[0]["row"]["template"]) == (60, "steady")


def test_new_templates_are_listed_with_the_label(api: Api) -> None:
    api.fill()
    answer = api.client.get("/v1/new").json()
    assert [row["template"] for row in answer["new"]] == [ODD]
    assert answer["warm_until_ms"] == api.now_ms
    assert api.client.get("/v1/new", params={"label": "Error"}).json()["new"] == []
    api.now_ms += 2 * 86_400_000
    assert api.client.get("/v1/new").json()["new"] == []


def test_without_a_broker_it_says_so(api: Api) -> None:
    object.__setattr__(api.client.app.state.parts, "store", None)  # type: ignore[attr-defined]
    for path in ("/v1/templates", "/v1/top", "/v1/new", "/v1/corrections", f"/v1/templates/{'0' * 16}"):
        answer = api.client.get(path)
        assert answer.status_code == 503
        assert "LOGSLUICE_BOOTSTRAP_SERVERS" in answer.json()["error"]
