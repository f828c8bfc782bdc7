r"""Takes prompt signs off what is written like a session at a terminal.

`$ ls`, `ada@host:~$ ls`, `[ada@host ~]# ls`, `bash-5.2$ ls`, and the `> ` before
what continues a command. A lone `# ` may be the prompt of root or a comment, and a
lone `> ` a quotation of Markdown or a redirection: those are not guessed.
"""

import re

from linara_agent.core.answer.unusable import Unusable

_PLACE = r"[\w.-]+@[\w.-]+(?:[: ][^\s$#%>]*)?"
_PROMPT = re.compile(
    rf"[ \t]*(?:\([\w.-]+\) )?(?:(?:{_PLACE}|\[{_PLACE}\]|(?:ba|z)?sh-\d[\d.]*) ?[$#%]"
    r"|\[[\w.-]+@[\w.-]+ [^\]\n]*\][$#%]|[$%❯])[ \t]+"  # noqa: RUF001 — prompts
)
_CONTINUED = re.compile(r"> ?")
_COMMENT = re.compile(r"[ \t]*#(?:[ \t]|\Z)")
_WINDOWS = re.compile(r"[ \t]*(?:PS )?[A-Za-z]:\\[^>\n]*>", re.IGNORECASE)
_PYTHON = re.compile(r"[ \t]*>>> ")
_QUOTATION = re.compile(r">(?: |\Z)")
_EMPTIED = re.compile(
    r"> +(?!\./)[^\s<>;&|]*[./][^\s<>;&|]*(?:[ \t]+\d*[<>]\S*)*(?:[ \t]*(?:;|&&).*)?"
)
"""A file is emptied by its redirection, and nothing is quoted."""
_OPENED = re.compile(r"(?:\\|[|({]|&&|\b(?:do|then|else|in))[ \t]*$")
_WORDS = re.compile(r"(?:^|[;&|(\s])(for|while|until|select|if|case|done|fi|esac)\b")
_CLOSING = frozenset({"done", "fi", "esac"})
_MOST_LINES = 200
"""Each line that goes on is read with all before it."""


def without_prompts(command: str) -> str:
    """The commands of a session; raises Unusable for a mix with output."""
    lines = [line for line in command.split("\n") if line.strip()]
    if not lines:
        return command
    _refuse_other_prompts(lines)
    if not any(map(_PROMPT.match, lines)) or not _begins_session(lines):
        return command
    if len(lines) > _MOST_LINES:
        raise Unusable(f"it is a session of more than {_MOST_LINES} lines")
    taken: list[str] = []
    for line in lines:
        taken.append(_typed(line, "\n".join(taken)))
    return "\n".join(taken)


def _refuse_other_prompts(lines: list[str]) -> None:
    first = lines[0]
    if _WINDOWS.match(first):
        raise Unusable("it is written for the shells of Windows")
    if _PYTHON.match(first):
        raise Unusable("it is written for Python, not for the shell")
    if all(map(_COMMENT.match, lines)):
        raise Unusable(
            "each line begins with `#`, so they are comments, or commands of root"
        )
    quotes = [line for line in lines if _QUOTATION.match(line)]
    if quotes[:1] == [first] and (len(quotes) > 1 or not _EMPTIED.fullmatch(first)):
        raise Unusable(
            "it begins with `>`, which quotes in Markdown and writes a file in bash"
        )


def _begins_session(lines: list[str]) -> bool:
    first = next((line for line in lines if not _COMMENT.match(line)), lines[0])
    return _PROMPT.match(first) is not None


def _typed(line: str, before: str) -> str:
    prompt = _PROMPT.match(line)
    if prompt is not None:
        return line[prompt.end() :]
    if before and _is_unfinished(before) and _CONTINUED.match(line):
        return _CONTINUED.sub("", line, count=1)
    if _COMMENT.match(line):
        return line
    raise Unusable("it shows commands together with their output")


def _is_unfinished(before: str) -> bool:
    """A shell would print `> ` after these lines, as far as can be seen."""
    if _OPENED.search(before):
        return True
    bare = re.sub(r"\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"", "", before, flags=re.DOTALL)
    if "'" in bare or '"' in bare or "<<" in bare:
        return True
    words = _WORDS.findall(bare)
    closed = sum(word in _CLOSING for word in words)
    return len(words) - closed > closed
