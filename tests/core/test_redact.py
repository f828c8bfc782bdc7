"""Redaction: planted secrets go, everything else stays, and twice is once."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from linara_agent.core.record import Json
from linara_agent.core.redact import may_hold, redact, redact_value

WORD = "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5"
MATERIAL = (WORD + "\n") * 3
OWN = re.compile(r"\[redacted:[a-z-]+:[0-9a-f]{8}\]")

TOKENS = {
    "openrouter": "sk-or-v1-" + "0a" * 32,
    "openai": "sk-" + WORD,
    "openai project": "sk-proj-x_y" + WORD,
    "anthropic": "sk-ant-api03-" + WORD,
    "aws key": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_" + WORD,
    "github oauth": "gho_" + WORD,
    "github fine-grained": "github_pat_" + WORD,
    "slack": "xoxb-123456789012-abcdef",
    "google": "AIzaSyD-" + WORD,
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123",
    "npm": "npm_" + WORD,
    "gitlab": "glpat-" + WORD,
    "hugging face": "hf_" + WORD,
    "stripe": "sk_live_" + WORD,
    "sendgrid": "SG." + WORD + "." + WORD,
    "docker": "dckr_pat_" + WORD,
    "groq": "gsk_" + WORD,
    "private key": (
        f"-----BEGIN RSA PRIVATE KEY-----\n{MATERIAL}-----END RSA PRIVATE KEY-----"
    ),
    "cut private key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{MATERIAL}".rstrip(),
    "escaped private key": f"-----BEGIN PRIVATE KEY-----\\n{WORD}\\n{WORD}",
}

# Each text with the part that has to go.
PLANTED = [
    ("AWS_SECRET_ACCESS_KEY=/JalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "bPxRfi"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalr"),
    ("Authorization: Bearer abcdef", "abcdef"),
    ("curl -H 'Authorization: Basic dXNlcjpwYXNz' https://x", "dXNlcjpwYXNz"),
    ('{"Authorization": "token abcdefgh"}', "abcdefgh"),
    ("Proxy-Authorization: Bearer abcdef", "abcdef"),
    (f"bearer {WORD}", WORD),
    ("password=hunter2", "hunter2"),
    ("PGPASSWORD=hunter2 psql -c '\\l'", "hunter2"),
    ("MYSQL_PWD=hunter2 mysql", "hunter2"),
    ("DB_PASS=hunter2", "hunter2"),
    ("mysql -u root -phunter2 shop", "hunter2"),
    ("mysql --password=hunter2", "hunter2"),
    ("tool --token hunter2 --verbose", "hunter2"),
    ("tool --api-key 'hunter2 x'", "hunter2 x"),
    ("api_key: abc123def", "abc123def"),
    ('api_key: "swordfish"', "swordfish"),
    ("password: swordfish\n", "swordfish"),
    ("  - db_password: swordfish\r\nnext: 1", "swordfish"),
    ('{"password": "correct horse"}', "correct horse"),
    (r"{\"password\":\"correct horse\",\"user\":1}", "correct horse"),
    ("export TOKEN='a b c'", "a b c"),
    ('TOKEN="a b"cd next', "cd"),
    ("password = hunter2", "hunter2"),
    ("client_secret=abc", "=abc"),
    ("Server=x;Uid=u;Pwd=hunter2;", "hunter2"),
    ("https://host/?token=hunter2&x=1", "hunter2"),
    ("https://user:hunter2@host/x", "hunter2"),
    ("https://user:p@ss@host/x", "p@ss"),
    ("redis://:hunter2@localhost:6379/0", "hunter2"),
    (f"https://{WORD}@github.com/x", WORD),
    ("curl -u user:hunter2 https://x", "hunter2"),
    ("curl -uuser:hunter2 https://x", "hunter2"),
    ("curl --user=user:hunter2 https://x", "hunter2"),
    ("sshpass -p hunter2 ssh host", "hunter2"),
    ("machine h login bob password hunter2", "hunter2"),
    ("Cookie: session=abcdef; theme=dark", "abcdef"),
    ("curl -H 'X-Api-Key: swordfish' https://x", "swordfish"),
    ("//registry.npmjs.org/:_authToken=abcdef-123", "abcdef-123"),
    ("root:$6$saltsalt$" + WORD * 2 + ":19000:0", WORD),
]

ORDINARY = [
    "3f786850e387550fdab836ed7e6dc881de23001b",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b (HEAD -> main)",
    "sha256:" + "ab" * 32,
    "550e8400-e29b-41d4-a716-446655440000",
    "/usr/lib/x86_64-linux-gnu/libsecret-1.so.0",
    "/etc/passwd",
    "ls -la ~/.ssh/id_rsa /run/secrets/token",
    "passwd: password updated successfully",
    "bash: syntax error near unexpected token `('",
    "unexpected token: foo",
    "PWD=/home/x",
    "OLDPWD=/a/b",
    "risk-assessment-of-the-whole-thing-2024",
    "sk-toggleable__content-fitted-label",
    "docker run -u 1000:1000 image",
    "docker run --rm -u node:users image",
    "date -u 10:30",
    "rsync -u host:/path x",
    "sort -u a:b",
    "git push -u origin main",
    "git@github.com:foo/bar.git",
    "ssh://git@host/x",
    "http://localhost:3000/a@b",
    "https://host:8080/path",
    "max_tokens=4096",
    '"prompt_tokens": 512, "completion_tokens": 20',
    "GITHUB_TOKEN=$GITHUB_TOKEN",
    "password=$(cat file)",
    'token="${TOKEN}"',
    "password: str",
    'def f(password: str, token: str = "")',
    "token = os.environ['X']",
    "token = get_token()",
    "token == 'abc'",
    "password != x",
    "password=<password>",
    "password=/run/secrets/db",
    "tool --password-file /x/y",
    "docker login --password-stdin",
    "usage: tool --password PASSWORD",
    "Enter password: ",
    "the password is required",
    "secretary=bob",
    "tokenizer=bert-base-2",
    "pass: 12 fail: 0",
    "primary_key=17",
    "grep -r 'BEGIN PRIVATE KEY' .",
    "grep -r -- '-----BEGIN RSA PRIVATE KEY-----' .",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 bob@host",
    "npm_config_registry=https://registry.npmjs.org",
    "hf_hub_download",
    "eyJust kidding",
    'password=""',
    "find /tmp -type f -mtime +7 -delete",
    "keyboard monkey passing tokens",
]


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize(
    "around", ["{}", "x {} y", '"{}"', "k={}&z", "({})", "a\n{}\n"]
)
def test_a_token_goes_wherever_it_stands(token: str, around: str) -> None:
    """Nothing of a token is left but its kind and eight digits of its hash."""
    text = redact(around.format(token))
    assert WORD not in text
    assert token not in text
    assert OWN.search(text)
    before, after = around.split("{}")
    assert text.startswith(before)
    assert text.endswith(after)


@pytest.mark.parametrize(("text", "secret"), PLANTED)
def test_a_planted_secret_goes(text: str, secret: str) -> None:
    """Passwords are found by what names them."""
    assert secret in text
    clean = redact(text)
    assert secret not in clean
    assert len(OWN.findall(clean)) == 1
    assert redact(clean) == clean


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    """Hashes, digests, paths, references and words of everyday commands are kept."""
    assert redact(text) == text


def test_the_kind_and_the_hash_are_the_documented_ones() -> None:
    """`[redacted:KIND:8 hex]` begins the SHA-256 of what was replaced."""
    token = TOKENS["github"]
    digits = sha256(token.encode()).hexdigest()[:8]
    assert redact(f"push {token}") == f"push [redacted:github:{digits}]"


def test_the_rest_of_a_command_stays_readable() -> None:
    """Only the value goes; quotes, brackets and neighbours stay."""
    text = redact("""f(password="a b", user="bob") && curl -u 'me:pw' https://x""")
    assert OWN.sub("#", text) == (
        """f(password="#", user="bob") && curl -u 'me:#' https://x"""
    )


def test_known_values_go_wherever_they_are() -> None:
    """A configured key is replaced even where nothing names it."""
    known = ("swordfish", "short")
    text = redact("x-swordfish-y short", known=known)
    assert OWN.sub("#", text) == "x-#-y short"
    assert "[redacted:known:" in text


def test_something_like_our_own_mark_hides_nothing() -> None:
    """A made-up replacement whose kind is a secret is not taken for one of ours."""
    key = "sk-" + WORD.lower()
    assert WORD.lower() not in redact(f"[redacted:{key}:00000000]")


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([*TOKENS.values(), *(text for text, _ in PLANTED)]),
            st.sampled_from([*ORDINARY, "[redacted:openai:01234567]", "password="]),
            st.text(alphabet="ab1\"'\\=:-_@/ \n{}[]()$", max_size=8),
            st.text(max_size=5),
        ),
        max_size=6,
    ),
    st.sampled_from(["", " ", "\n", "="]),
)
def test_twice_is_once(parts: list[str], between: str) -> None:
    """Redacting what was redacted changes nothing."""
    once = redact(between.join(parts), known=("bob@host", "redacted"))
    assert redact(once, known=("bob@host", "redacted")) == once


@settings(deadline=None)
@given(
    st.text(max_size=40), st.sampled_from(sorted(TOKENS.values())), st.text(max_size=40)
)
def test_no_text_around_it_saves_a_token(before: str, token: str, after: str) -> None:
    """A token between any two other words goes."""
    assume(not OWN.search(before + after))
    assert token not in redact(f"{before} {token} {after}")


@settings(deadline=None)
@given(
    st.from_regex(
        r"[0-9a-f]{7,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|"
        r"(/[a-z][a-z0-9._-]{0,12}){1,6}|([a-z]{1,12} ){0,6}[a-z]{1,12}",
        fullmatch=True,
    )
)
def test_hashes_paths_and_words_stay(text: str) -> None:
    """No digest, UUID, path or row of lower-case words is taken for a secret."""
    assume(not re.search("pass|secret|token|key|pwd|login|bearer", text))
    assert redact(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "-", "$6$", "sk-", "eyJa-", "SG.", "://a:", "-u a:", "cookie: "),
        *("password=", "password=$", 'password="', 'password=\\"', 'password="\\'),
        *("password: \n", "token_", "'token: ", "--token ", "token:", "x_key"),
        *("mysql a ", "login a password ", "authorization: bearer", "sshpass -p"),
        *("-----BEGIN PRIVATE KEY-----", "[redacted:openai:00000000]password="),
        *("ghp_aaaa", "AKIA", "bearer ", "aws_secret_access_key=", "=", "\\"),
    ],
)
def test_long_input_is_no_trap(unit: str) -> None:
    """Patterns that go back over what they read would not end on this in a day."""
    text = unit * (300_000 // len(unit))
    assert redact(redact(text)) == redact(text)


def test_every_part_of_a_value_is_redacted() -> None:
    """Names, nested values, words of a command and base64 texts are looked into."""
    raw = b64encode(b"\xffpassword=hunter2").decode()
    value: Json = {
        "text": "password=hunter2",
        "password": "correct horse",
        "token": "$TOKEN",
        "secret": ["hunter2", 5],
        "argv": ["curl", "--token", "hunter2", "-u", "bob:hunter2", "-v"],
        "environment": [["API_KEY", "hunter2"], ["LANG", "C"]],
        "output": {"b64": raw},
        "n": {TOKENS["github"]: [None, True, 5, 0.5]},
        "sha256": "ab" * 32,
    }
    clean = redact_value(value)
    assert OWN.sub("#", json.dumps(clean)) == json.dumps(
        {
            "text": "password=#",
            "password": "#",
            "token": "$TOKEN",
            "secret": ["#", 5],
            "argv": ["curl", "--token", "#", "-u", "bob:#", "-v"],
            "environment": [["API_KEY", "#"], ["LANG", "C"]],
            "output": clean["output"],  # type: ignore[index,call-overload] # a mapping
            "n": {"#": [None, True, 5, 0.5]},
            "sha256": "ab" * 32,
        }
    )
    assert b"hunter2" not in json.dumps(clean).encode()
    assert raw not in json.dumps(clean)
    assert redact_value(clean) == clean


def test_a_value_without_secrets_is_the_same() -> None:
    """What holds no secret comes back equal."""
    value: Json = {"a": [1, "two", None], "b64": "not base64!", "c": {"b64": "AAAA"}}
    assert redact_value(value) == value


@given(st.sampled_from([*TOKENS.values(), *(text for text, _ in PLANTED)]))
def test_the_quick_look_misses_nothing(text: str) -> None:
    """What redaction would change is never called free of secrets, in JSON either."""
    assert may_hold(text)
    assert may_hold(json.dumps({"x": [text]}))


def test_the_quick_look_knows_the_known() -> None:
    """A known value is seen as it is and as JSON writes it."""
    assert may_hold(json.dumps('é"x"yzzy'), known=('é"x"yzzy',))
    assert not may_hold("plugh", known=('é"x"yzzy',))
