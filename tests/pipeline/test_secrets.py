"""No part of an announced secret is left in a template, and what announces none stays readable."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.masking import mask
from tests.pipeline.mask_pieces import texts

SECRET = "Zq7xKvWp2Rt"
# One shape a column, @ for the secret.
KEYS = r"""
password1=@|password_2: @|passwordHash=@|passwordHash: @|password-confirm=@|DB_PASSWORD_2=@|TOKEN_PROD=@
secretV2=@|user[password]=@|user[password_confirmation]=@|credentials[0].password=@|API_KEY_OLD: @
passwordConfirmation: "@"|sid=@|connect.sid=@|X-CSRF-Token: @|_csrf=@|xsrf-token=@|wpa_psk=@|jwt=@|JWT: @
passcode: @|totp_secret=@|totp=@|creds=@|privateKey: @|sshKey=@|licence-key: @|LicenseKey=@
Ocp-Apim-Subscription-Key=@|pre_shared_key=@|pin: @|auth=@|"auth":"@"|Contraseña: @|CONTRASEÑA=@
Mot de passe : @|motDePasse=@|Passwort=@|Kennwort: @|senha_1=@|пароль: @|ПАРОЛЬ=@|密码：@|密码是@
パスワード: @|パスワードは@
hasło: @|wachtwoord: @|lösenord=@|şifre=@|비밀번호: @|contraseña es @|Passwort lautet @
{name: DB_PASSWORD, value: @}|{"key":"password","value":"@"}|name=DB_PASSWORD value=@|- name: API_TOKEN value: @
<entry key="password">@</entry>|<string name="api_token">@</string>|<property name="db.password" value="@"/>
password%3D@|token%3D@|user%5Bpassword%5D=@|%22password%22%3A%22@%22|&quot;password&quot;:&quot;@&quot;
"""
VALUES = r"""
password=b"@"|password = r'@'|{"password": b'@'}|Password=N'@'|secret=Some("@")|token=Optional[@]
password: String("@")|password=abc,@ end|password=abc;@|password=abc&@ x|password=abc)@|password=abc'@
password=abc"@|password=abc]@|password=a,b;@|[('Authorization', 'Bearer @'), ('Accept', 'x')]
[b'authorization', b'Bearer @']|{"Authorization":["Bearer @"]}|Authorization=[Bearer @, Basic @]
Authorization: Custom @|Authorization: AWS @:abc|http_authorization: Splunk @
Authorization: Signature keyId="x",signature="@"|Authorization: OAuth oauth_token="@", oauth_x="y"
AUTHORIZATION=Bearer @|Cookie: a=b; c=@|cookie="x=@; y=1"|cookies: {'id': '@'}|passwords: [aaa, @]
"tokens": ["a", "@"]
"""
SAID = r"""
the password @ was rejected|password is @|password was set to @|your token is @|token @ has expired
with secret @|password "@ and more"|passphrase is "@ zz"|Password for bob is @|password for the user bob is: @
API key is @|using secret key @ now|password -> @|passphrase: correct horse @ staple|PASSWORD @|password<tab>@
recovery code: ABCD2-EFGH3-@|verification code is ZQKVWP|backup codes: abcd-efgh-ijkl Zqno-Zqst-Zqwx
seed phrase: legal winner Zq year wave sausage worth useful
"""
COMMANDS = r"""
curl -u bob:@ http://x|curl --user "bob:@"|curl -ubob:@ x|mysql -u root -p@|mysqldump --single -p@ db
mariadb -p@|docker login -u x -p @|sshpass -p '@' ssh|redis-cli -h x -a @|ldapsearch -x -D cn=a -w @ -b x
snmpwalk -v 2c -c @ h|plink -pw @ x|htpasswd -bc f bob @|mongo -u x -p @|net user bob @ /add
net use Z: \\a\b @ /user:bob|openssl rsa -passin pass:@|helm registry login -u a -p @|zip -P @ a.zip|--token @
--api-key=@|/password:@|machine x login bob password @|default login anonymous password @|requirepass @
AUTH PLAIN @|identified by @|PRIVMSG NickServ :IDENTIFY @|command: PASS @
"""
ADDRESSES = r"""
bob:@@tcp(10.0.0.1:3306)/db|bob:@@unix(/tmp/x.sock)/db|sys/@@//db:1521/X|system/@@PROD
jdbc:oracle:thin:bob/@@//h:1521/x|bob:@@dbhost:5432/x|mongodb://bob:@@h1,h2/x|https://@@a.example/x
redis://default:@@r:6379|ftp://u:it's@@h|Server=x;Pwd=@;z=1|AccountKey=@==;x=y
jdbc:mysql://h/db?user=x&password=@|host=x user=y password='@' db=z|GET /x?token=@&y=1|?api_key=@
code=1&client_secret=@|&signature=@&|Endpoint=sb://x/;SharedAccessSignature=@
"""
SHAPES = [
    shape
    for block in (KEYS, VALUES, SAID, COMMANDS, ADDRESSES)
    for shape in block.strip().replace("\n", "|").replace("<tab>", "\t").split("|")
]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_part_of_an_announced_secret_is_left(shape: str) -> None:
    template = mask(
        f"at 10:00:01 {shape.replace('@', SECRET, 1) if '@@' in shape else shape.replace('@', SECRET)}"
    )
    assert not re.search("Zq|xKv|Wp|Rt", template)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SHAPES), texts)
def test_what_stands_before_and_after_does_not_uncover_a_secret(shape: str, after: str) -> None:
    # Behind a semicolon or a comma it would be the name of the next value: `password=abc;name :1`.
    assume(not re.match(r"\W*?(?:[:=：＝→]|->|%3)", after))
    text = shape.replace("@", SECRET, 1) if "@@" in shape else shape.replace("@", SECRET)
    assert "xKv" not in mask(f"{text} {after}")


def test_colours_between_a_name_and_its_value_do_not_uncover_it() -> None:
    assert mask("\x1b[36mpassword\x1b[0m\x1b[2m=\x1b[0mhunter2") == "password=<secret>"


ORDINARY = """
Accepted password for root from host|Failed password for invalid user admin
password authentication failed for user bob|Password expired, please change it|password must contain a digit
password: incorrect|Invalid credentials|token expired|Refresh token rotated for client web
API key not valid. Please pass a valid API key.|credentials: missing|host key verification failed
auth: user logged in|auth=ok|auth failed: timeout|session id regenerated|No JWT present|password policy: strict
passwordPolicy=strict|PasswordAuthentication no|error code ENOENT|keyboard layout: us
TokenExpiredException: token is expired|compass: north|tokenizer: whitespace|bypass=true|cache key missing
CSRF token missing|unexpected token in line|machine learning model login page|Basic authentication required
name: web value: ready|java.lang.SecurityException: bad|RequestMappingHandlerMapping ready
verification code FAILED|token type: access|docker run -p web nginx|secretName: db|maxTokens reached
gdm-password]: pam_unix|cookies accepted: true
"""


@pytest.mark.parametrize("message", ORDINARY.strip().replace("\n", "|").split("|"))
def test_what_announces_no_secret_stays_as_it_is(message: str) -> None:
    assert mask(message) == message


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("prompt_tokens: 512, total_tokens=9", "prompt_tokens: <num>, total_tokens=<num>"),
        ("password=abc,user=bob", "password=<secret>,user=<user>"),
        ("password=abc&x=1", "password=<secret>&x=<num>"),
        ('{"password":"a b","port":1}', '{"password":<secret>,"port":<num>}'),
        ("Config(password=abc, retries=3)", "Config(password=<secret>, retries=<num>)"),
        ("token: null, user: x", "token: null, user: x"),
        ("DB_PASSWORD_1=abc", "DB_PASSWORD_<num>=<secret>"),
        ("docker login -u x -p abc registry", "docker login <secret> registry"),
        ("image nginx:1.25@sha256:abc", "image nginx:<num>@sha<num>:abc"),
        (
            "CEF:0|Acme|EDR|1.0|7|Login|5|suser=x@a.example act=blocked",
            "CEF:<num>|Acme|EDR|<num>|<num>|Login|<num>|suser=<email> act=blocked",
        ),
        ('{"signature":"SCAN of ports 1-1024","x":1}', '{"signature":"SCAN of ports <num>-<num>","x":<num>}'),
        ("signature=SQLi-attempt blocked", "signature=SQLi-attempt blocked"),
        ('{"hookSignature":"t0Ek/Xy7a9PqLmZz=="}', '{"hookSignature":<secret>}'),
        ("X-Amz-Signature=q9w8e7r6t5y4u3i2&x=1", "X-Amz-Signature=<secret>&x=<num>"),
        ("PWD=/home/x ; OLDPWD=/tmp ; PWD=hunter2", "PWD=<path> ; OLDPWD=<path> ; PWD=<secret>"),
        ("url=https://a.example/b?c=d|action=Allow", "url=<url>|action=Allow"),
        ("GET https://a.example/b?api_token=1|abcdefgh", "GET <url>"),
    ],
)
def test_what_follows_a_secret_stays(text: str, template: str) -> None:
    assert mask(text) == template
    assert mask(template) == template
