"""Who may use the console: this machine, a token, a proxy; and that no page of another site may."""

import re
from urllib.parse import quote

import pytest

from console.access.headers import CSP
from tests.console.conftest import ADDRESS, Console, MakeConsole
from tests.support.classified import as_csv

TOKEN = "a-token-that-nobody-guesses"
BEARER = {"authorization": f"Bearer {TOKEN}"}
PAGE = {"accept": "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate"}
WRONG = {
    "none": {},
    "another": {"authorization": "Bearer another-token-altogether"},
    "empty": {"authorization": "Bearer "},
    "its start": {"authorization": f"Bearer {TOKEN[:-1]}"},
    "basic": {"authorization": f"Basic {TOKEN}"},
    "not ASCII": {"authorization": "Bearer ü\udcff".encode("utf-8", "surrogateescape")},
    "the token as cookie": {"cookie": f"logsluice_console={TOKEN}"},
    "a cookie made up": {"cookie": "logsluice_console=" + "0" * 64},
}
PATHS = ["/v1/jobs/1", "/metrics", "/docs", "/openapi.json", "/nothing"]


@pytest.fixture(scope="module")
def made(make_console: MakeConsole) -> Console:
    return make_console(token=TOKEN, host="0.0.0.0")


@pytest.fixture
def guarded(made: Console) -> Console:
    made.client.cookies.clear()
    return made


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_answered(guarded: Console, path: str, headers: dict[str, str]) -> None:
    answer = guarded.client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {"error": "a token is needed: send it as the header Authorization: Bearer TOKEN"}
    sent = guarded.client.post("/classify", files={"file": ("a.csv", as_csv())}, headers=headers)
    assert sent.status_code in (401, 403)  # a cookie without an origin is no browser that may write


def test_with_the_token_all_is_answered_under_whatever_name(guarded: Console) -> None:
    for host in ("logs.example.org", "10.1.2.3:8080"):
        answer = guarded.client.post(
            "/classify", files={"file": ("a.csv", as_csv())}, headers={**BEARER, "host": host}
        )
        assert answer.status_code == 200
    assert guarded.client.get("/metrics", headers={"authorization": f"bearer {TOKEN}"}).status_code == 200


def test_health_is_answered_to_whoever_asks(guarded: Console, console: Console) -> None:
    for each in (guarded, console):
        answer = each.client.get("/healthz", headers={"host": "10.1.2.3:8080"})
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_browser_logs_in_once_and_comes_where_it_wanted(guarded: Console) -> None:
    client = guarded.client
    sent_away = client.get("/docs?a=1", headers=PAGE)
    assert (sent_away.status_code, sent_away.headers["location"]) == (
        303,
        f"/login?next={quote('/docs?a=1', safe='')}",
    )
    form = client.get(sent_away.headers["location"], headers=PAGE)
    assert form.status_code == 200
    assert 'name="next" value="/docs?a=1"' in form.text
    same = {"sec-fetch-site": "same-origin", **PAGE}
    wrong = client.post("/login", data={"token": "wrong", "next": "/docs?a=1"}, headers=same)
    assert (wrong.status_code, "This is not the token." in wrong.text, len(wrong.cookies)) == (403, True, 0)
    right = client.post("/login", data={"token": f"{TOKEN}\n", "next": "/docs?a=1"}, headers=same)
    assert (right.status_code, right.headers["location"]) == (303, "/docs?a=1")
    cookie = right.headers["set-cookie"]
    assert TOKEN not in cookie
    assert re.search(r"; HttpOnly", cookie)
    assert re.search(r"; SameSite=strict", cookie)
    assert client.get("/docs", headers=PAGE).status_code == 200
    sent = client.post("/v1/classify", json={"events": []}, headers={"sec-fetch-site": "same-origin"})
    assert sent.status_code == 200
    client.post("/logout", headers=same)
    assert client.get("/docs", headers=PAGE).status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n//e"]
)
def test_a_login_leads_to_this_console_alone(guarded: Console, target: str) -> None:
    page = guarded.client.get("/login", params={"next": target})
    assert 'value="/"' in page.text
    answer = guarded.client.post("/login", data={"token": TOKEN, "next": target})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_form_shows_where_it_leads_and_runs_nothing_of_it(guarded: Console) -> None:
    page = guarded.client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script>" not in page.text


def test_the_cookie_is_for_https_alone_where_the_console_is(make_console: MakeConsole) -> None:
    console = make_console(token=TOKEN, public_url="https://logs.example.org")
    answer = console.client.post("/login", data={"token": TOKEN})
    assert "; Secure" in answer.headers["set-cookie"]


SITES = [
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "cross-site", "origin": ADDRESS}, False),
    ({"origin": "http://evil.example"}, False),
    ({"origin": "null"}, False),
    ({"origin": "http://127.0.0.1:9999"}, False),
    ({"origin": ADDRESS}, True),
]


@pytest.mark.parametrize(("headers", "allowed"), [*SITES, ({}, True)])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_page_of_another_site_changes_nothing(
    console: Console, method: str, headers: dict[str, str], allowed: bool
) -> None:
    answer = console.client.request(method, "/v1/nothing", headers=headers)
    assert answer.status_code == (404 if allowed else 403)
    assert console.client.get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize(("headers", "allowed"), [*SITES, ({}, False)])
def test_with_a_cookie_a_browser_must_say_where_a_request_comes_from(
    guarded: Console, headers: dict[str, str], allowed: bool
) -> None:
    guarded.client.post("/login", data={"token": TOKEN})
    answer = guarded.client.post("/v1/classify", json={"events": []}, headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    # A bearer token is in no page of another site.
    answer = guarded.client.post("/v1/classify", json={"events": []}, headers={**headers, **BEARER})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("[::1]:8080", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost:80.evil.example", False),
        ("evil.example:8080", False),
        ("", False),
    ],
)
def test_a_name_that_was_made_to_lead_here_is_refused(console: Console, host: str, allowed: bool) -> None:
    answer = console.client.get("/openapi.json", headers={"host": host})
    assert answer.status_code == (200 if allowed else 421)
    if not allowed:
        assert "LOGSLUICE_CONSOLE__PUBLIC_URL" in answer.json()["error"]


def test_a_proxy_says_who_may(make_console: MakeConsole) -> None:
    console = make_console(
        host="0.0.0.0", trusted_header="X-Forwarded-User", public_url="https://logs.example.org"
    )
    ours, them = {"host": "logs.example.org"}, {"x-forwarded-user": "mia"}
    assert console.client.get("/docs", headers={**ours, **them, **PAGE}).status_code == 200
    for headers in (ours, {**ours, "x-forwarded-user": ""}, {**ours, **PAGE}):
        answer = console.client.get("/docs", headers=headers)
        assert answer.status_code == 401
        assert "the header X-Forwarded-User is missing" in answer.text
    assert console.client.get("/docs", headers={**them, "host": "evil.example"}).status_code == 421
    posted = {**ours, **them, "origin": "https://logs.example.org"}
    assert console.client.post("/v1/classify", json={"events": []}, headers=posted).status_code == 200
    assert (
        console.client.post(
            "/v1/classify", json={"events": []}, headers={**posted, "origin": "https://example.org"}
        ).status_code
        == 403
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/nothing", 404),
        ("/v1/jobs/x", 404),
        ("/metrics", 200),
        ("/classify", 405),
        ("/docs/assets/swagger.js", 200),
    ],
)
def test_every_answer_has_the_security_headers(console: Console, path: str, status: int) -> None:
    answer = console.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "server" not in answer.headers


def test_an_error_is_a_sentence_in_json_for_programs_and_a_page_for_people(console: Console) -> None:
    assert console.client.get("/v1/jobs/x").json()["error"].startswith("there is no such job")
    assert console.client.get("/nothing").json() == {"error": "Not Found"}
    page = console.client.get("/v1/jobs/x", headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<p>there is no such job" in page.text
    for headers in ({**PAGE, "hx-request": "true"}, {**PAGE, "sec-fetch-mode": "cors"}):
        assert console.client.get("/v1/jobs/x", headers=headers).headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documents_of_the_api_need_no_network_and_no_script_in_the_page(
    console: Console, path: str
) -> None:
    page = console.client.get(path)
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"].split("style-src")[0]
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.text, re.DOTALL)
    assert scripts
    assert all(content == "" for _, content in scripts)
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert all(each.startswith("/docs/assets/") for each in named)
    for each in named:
        assert console.client.get(each).status_code == 200
