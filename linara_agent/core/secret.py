"""What a secret looks like: the patterns that redaction works by.

Every pattern is linear: a run of unbounded length is either followed by nothing that
can fail, or can be entered at its start alone; all other repetitions are bounded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

NAME = r"""(?:
    passw(?:or)?d | passphrase | (?:(?<=[_-])|(?<=ssh))pass | (?<=[_;])pwd | secret
  | secret[_-]?(?:access[_-]?)?key | token
  | (?:api|access|account|auth|private|encryption|signing|master)[_-]?key
)(?:_?[0-9]{1,3})?"""
"""The end of a name whose value is a secret: `PGPASSWORD`, `api-key`, `TOKEN_2`."""

_HINTS = (
    *("passw", "passphrase", "_pass", "-pass", "sshpass", "pwd", "secret", "token"),
    *("_key", "-key", "apikey", "accesskey", "accountkey", "authkey", "privatekey"),
    *("encryptionkey", "signingkey", "masterkey"),
)

HARMLESS = r"""(?!
    \\?"?[$`] | \\?["']?(?: <|\*{3}|\{\{|%[({]|[xX]{3,}(?!\w) )
  | ""|''|\\"\\" | [,)\]}]
  | ["']?(?:true|false|null|none|nil|undefined|yes|no|on|off|str|string|bytes|int
      |integer|bool|boolean|any|object|text|optional|required|option|flag|value
      |prompt|argument|is|or|and|to|for|in|with|from|must|cannot)(?![\w@#%^*+-])
  | ["']?(?:~|\.{0,2})/[\w.-]{1,64}/
  | ["']?(?:~|\.{1,2})/
  | (?:self|cls|this|os|env|config|settings|process|request|args|options)[.\[]
  | [A-Za-z_][\w.]{0,64}[(\[]
)"""
"""What a secret's name may be followed by without giving anything away: a variable,
a placeholder, a word of a programming language, a path, an expression."""

_STRING = r"""(?: "(?>(?:[^"\\\n]|\\.)*)" | '[^'\n]*+' )"""
_VALUE = rf"""(?: \\"(?P<escaped>[^"\\\n]+)
  | (?P<secret>
      (?:{_STRING}(?![^,)\]}}:.\s;&|<>]))
    | (?>(?:{_STRING} | [^\s"'`;&|<>\\] | \\[^"\s] )+)
    )
)"""
"""A value as shells, JSON, YAML and ini files write it, its quotes included."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret, and how it is found.

    `hints` are lower-case texts of which one must occur for the pattern to fit.

    The pattern's group `secret` (or `escaped`) is what is replaced, unless `spares`
    finds that it is none.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: str
    spares: Callable[[re.Match[str]], bool] | None = None
    flags: re.RegexFlag = re.NOFLAG


def _no_digit(match: re.Match[str]) -> bool:
    return not any(character in "0123456789" for character in match["secret"])


def _no_key_material(match: re.Match[str]) -> bool:
    return re.search(r"[A-Za-z0-9+/=]{32}", match["body"]) is None


_NOT_LOGINS = re.compile(
    r"\b(?:docker|podman|nerdctl|kubectl|rsync|scp|git|date|sort|diff|ps|install"
    r"|setpriv|unshare|chroot|sudo|chown)\b[^\n;|&]{0,200}\Z"
)


def _no_login(match: re.Match[str]) -> bool:
    """Whether the `-u` before `name:name` is of a program that means a user's group."""
    before = match.string[max(0, match.start() - 240) : match.start()]
    return _NOT_LOGINS.search(before) is not None


def _token(kind: str, hints: str, pattern: str) -> Rule:
    """A token known by how it begins; `hints` are separated by blanks."""
    return Rule(kind, tuple(hints.split()), rf"(?<![A-Za-z0-9])(?P<secret>{pattern})")


_TOKENS = (
    _token("openrouter", "sk-or-", r"sk-or-[A-Za-z0-9_-]{16,}"),
    _token("anthropic", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{16,}"),
    _token("openai", "sk-", r"sk-[A-Za-z0-9]{20,}"),
    Rule(
        "openai",
        ("sk-",),
        r"(?<![A-Za-z0-9])(?P<secret>sk-[a-z0-9]{1,12}-[A-Za-z0-9_-]{20,})",
        spares=_no_digit,
    ),
    _token("github", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[opusr]_[A-Za-z0-9]{30,}"),
    _token("github", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    _token(
        "gitlab",
        "glpat- gldt- glrt- glptt-",
        r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}",
    ),
    _token("slack", "xox", r"xox[a-z]-[A-Za-z0-9-]{10,}"),
    _token("slack", "xapp-", r"xapp-[A-Za-z0-9-]{10,}"),
    _token("slack", "hooks.slack", r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    _token("google", "aiza", r"AIza[A-Za-z0-9_-]{30,}"),
    _token("google", "gocspx-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    _token("google", "ya29.", r"ya29\.[A-Za-z0-9_-]{20,}"),
    _token("npm", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    _token("pypi", "pypi-", r"pypi-AgE[A-Za-z0-9_-]{30,}"),
    _token("huggingface", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    _token("stripe", "k_live_ k_test_", r"[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    _token("stripe", "whsec_", r"whsec_[A-Za-z0-9+/=]{20,}"),
    _token("docker", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    _token("groq", "gsk_", r"gsk_[A-Za-z0-9]{30,}"),
    _token("vault", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    _token("age", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    _token("aws", "akia asia", r"A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
)

_STRUCTURED = (
    Rule(
        "private-key",
        ("private key",),
        r"(?P<secret>-----BEGIN[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----"
        r"(?P<body>(?>(?:[^-]|-(?!----))*)(?=-----END)"
        r"|(?>(?:\s*+[A-Z][\w-]{1,20}:[^\n\\]{0,80})*)"
        r"(?>(?:(?>(?:\s|\\[nr])*)[A-Za-z0-9+/=]{16,}+)*))"
        r"(?:-----END[ ][A-Z0-9 ]{0,60}-----)?)",
        spares=_no_key_material,
    ),
    Rule(
        "jwt",
        ("eyj",),
        r"(?<![A-Za-z0-9_-])(?P<secret>eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+"
        r"\.[A-Za-z0-9_-]*)",
    ),
    Rule(
        "sendgrid",
        ("sg.",),
        r"(?<![A-Za-z0-9_.-])(?P<secret>SG\.[\w-]{16,}+\.[\w-]{16,})",
    ),
    Rule(
        "password-hash",
        ("$1$", "$2", "$5$", "$6$", "$7$", "$y$", "$gy$", "$argon2"),
        r"(?P<secret>\$(?:1|2[abxy]|5|6|7|y|gy|argon2id?)\$[./A-Za-z0-9$=,+]{20,})",
    ),
    Rule(
        "authorization",
        ("authorization",),
        r"""authorization\\?["']?[ \t]{0,8}[:=][ \t]{0,8}\\?["']?
        (?:bearer|basic|token|digest|negotiate|apikey|api-key)[ \t]{1,8}
        (?![$<{*])(?P<secret>[^\s"'\\]+)""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "authorization",
        ("authorization",),
        r"""authorization\\?["']?[ \t]{0,8}[:=][ \t]{0,8}\\?["']?
        (?![$<{*])(?=[^\s"'\\]{0,64}[0-9])(?P<secret>[^\s"'\\]{8,})""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "authorization",
        ("bearer",),
        r"""(?<![A-Za-z0-9])bearer[ \t]{1,8}(?=[\w.~+/=-]{0,64}[0-9])
        (?P<secret>[\w.~+/=-]{16,})""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "aws",
        ("secret",),
        r"""secret_?access_?key\\?["']?[ \t]{0,8}[:=][ \t]{0,8}\\?["']?
        (?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "cookie",
        ("cookie",),
        r"""cookie["']?[ \t]{0,8}:[ \t]{0,8}(?=[^\s"'=;]{1,64}=)
        (?P<secret>[^"'\n\r]+)""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "url-password",
        ("://",),
        r"""://[^\s/:@"'<>?\#]{0,256}:(?![${<*])
        (?P<secret>[^\s/"'<>?\#]{1,1024})@""",
    ),
    Rule(
        "url-password",
        ("://",),
        r"""://(?P<secret>[A-Za-z0-9_-]{20,200})@""",
        spares=_no_digit,
    ),
    Rule(
        "basic-auth",
        ("-u", "-user"),
        r"""(?<![\w-])(?:-u|--user|--proxy-user)(?:[ \t]{1,4}|=)?["']?
        (?![0-9]{1,10}:[0-9]{1,10}(?![^\s"']))(?P<name>[^\s:"'/@$=,]{1,256}):
        (?![${<*/])(?!(?P=name)(?![^\s"']))(?P<secret>[^\s"']+)""",
        spares=_no_login,
    ),
    Rule(
        "password",
        ("sshpass",),
        r"""sshpass[ \t]{1,8}-p[ \t]{0,8}(?![$`])
        (?P<secret>[^\s"']+|"[^"\n]*"|'[^'\n]*')""",
    ),
    Rule(
        "password",
        ("mysql", "mariadb"),
        r"""(?:mysql|mariadb)[\w-]{0,16}(?:[ \t]{1,8}[^\s;|&]{1,80}){0,8}?[ \t]{1,8}
        -p(?![$`])(?P<secret>[^\s;|&]+)""",
    ),
    Rule(
        "password",
        ("password",),
        r"login[ \t\n]{1,8}[^\s]{1,256}[ \t\n]{1,8}password[ \t\n]{1,8}(?P<secret>\S+)",
    ),
)

_ASSIGNED = (
    Rule(
        "assigned",
        _HINTS,
        rf"""{NAME}\\?["']?[ \t]{{0,8}}(?: =>|:=|=(?![=~>]) )[ \t]{{0,8}}
        {HARMLESS}{_VALUE}""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "assigned",
        _HINTS,
        rf"""{NAME}\\?["']?[ \t]{{0,8}}:\s{{0,8}}(?=\\?["']){HARMLESS}{_VALUE}""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "assigned",
        _HINTS,
        rf"""^[ \t]{{0,40}}(?:-[ \t]{{1,4}})?["']?[\w.-]{{0,40}}{NAME}["']?
        :[ \t]{{1,8}}{HARMLESS}(?P<secret>[^\s"',]++)[ \t,]{{0,8}}\r?$""",
        flags=re.IGNORECASE | re.MULTILINE,
    ),
    Rule(
        "assigned",
        _HINTS,
        rf"""{NAME}["']?:[ \t]{{0,8}}{HARMLESS}(?=[^\s"']{{0,64}}[0-9])
        (?=[^\s"']{{0,64}}[A-Za-z])(?P<secret>[\w+=.~!@\#%^*-]{{8,}})""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "assigned",
        _HINTS,
        rf"""["'][\w-]{{0,40}}{NAME}[ \t]{{0,8}}:[ \t]{{0,8}}{HARMLESS}
        (?P<secret>[^\s"']+)["']""",
        flags=re.IGNORECASE,
    ),
    Rule(
        "assigned",
        _HINTS,
        rf"""(?<![\w-])--?[\w-]{{0,32}}{NAME}[ \t]{{1,8}}(?!-)
        (?-i:(?![A-Z_]+(?!\S))){HARMLESS}{_VALUE}""",
        flags=re.IGNORECASE,
    ),
)

RULES = _TOKENS + _STRUCTURED + _ASSIGNED
