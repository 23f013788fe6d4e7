import pytest

from pipeline.readable import readable

KNOWN = frozenset(("login", "failed", "for", "user", "from", "connection", "server", "lost", "the"))


@pytest.mark.parametrize(
    "template",
    [
        "Login failed for user <user> from <ip>",
        "loginFailed for zabbix user",
        "zabbix failed",
        "<num> <ip> <str>",
        "",
        "connection of Müller to server lost",
    ],
)
def test_a_template_in_known_words_or_of_hardly_any_is_readable(template: str) -> None:
    assert readable(template, KNOWN)


@pytest.mark.parametrize(
    "template",
    [
        "Не удалось войти в систему: неверный пароль <user>",
        "Anmeldung fehlgeschlagen für Benutzer admin von <ip>",
        "La connexion au serveur a été perdue",
        "用户 admin 登录失败了 系统拒绝访问",
    ],
)
def test_a_template_in_another_language_is_not_readable(template: str) -> None:
    assert not readable(template, KNOWN)
