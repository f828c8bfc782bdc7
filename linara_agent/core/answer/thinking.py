"""Takes off what a model thought before it answered.

The marks are those that open models are trained with and servers fail to take off:
DeepSeek and Qwen `<think>`, Magistral `[THINK]`, Kimi `◁think▷`, Command A
`<|START_THINKING|>`, and the channels of gpt-oss ("harmony").
"""

import re

from linara_agent.core.answer.unusable import Unusable
from linara_agent.core.shell.guards.glance import Looks, looks

_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis"
_BEGUN = re.compile(
    rf"\s*(?:<({_NAMES})>|(\[THINK\])|(◁think▷)|<\|(?:START_THINKING|begin_of_thought)\|>)",
    re.IGNORECASE,
)
_END = re.compile(
    r"</(?:think|thinking)>|\[/THINK\]|◁/think▷|<\|(?:end_of_thought|END_THINKING)\|>",
    re.IGNORECASE,
)
_ENDED = re.compile(rf"(?:{_END.pattern})[ \t]*+(?:\n|\Z)", re.IGNORECASE)
"""Some templates put the opening mark into the prompt, so only the end is sent."""

_FINAL = re.compile(
    r"(?:<\|start\|>assistant)?<\|channel\|>final(?: *<\|constrain\|> *\w+)?"
    r"<\|message\|>"
)
_LAST = re.compile(
    r"(?:<\|(?:return|end|im_end|eot_id|endoftext|end_of_solution|END_RESPONSE)\|>"
    r"|</s>|<｜end▁of▁sentence｜>)\s*\Z"  # noqa: RUF001 — DeepSeek writes it so
)
_ANSWER = re.compile(r"\s*<\|(?:START_RESPONSE|begin_of_solution)\|>")
_MARK = re.compile(r"\s*<\|\w+\|>")
_LOST_MARKS = re.compile(r"\s*analysis(?=[^\n]).*assistant\s*final", re.DOTALL)
_AT_MOST = 4
"""Marks of the end, one after another."""
_LONGEST = 40


def without_thinking(text: str) -> str:
    """Thinking stands before the answer; the marks elsewhere are a command's.

    Raises Unusable where it is not certain that the thinking is over.
    """
    text = _final_channel(_without_last_marks(text))
    start = 0
    while (match := _BEGUN.match(text, start)) is not None:
        end = _end_of(match, text)
        if end < 0:
            raise Unusable("it ends in the middle of the model's thinking")
        start = end
    ends = [match.end() for match in _ENDED.finditer(text, start)]
    text = text[ends[-1] if ends else start :]
    if (answer := _ANSWER.match(text)) is not None:
        text = text[answer.end() :]
    if _MARK.match(text) or _LOST_MARKS.match(text) or _holds_end(text):
        raise Unusable("it mixes the model's thinking with the answer")
    return text


def _holds_end(text: str) -> bool:
    """An end of thinking in the middle of a line, and in no quotes."""
    ends = [match.start() for match in _END.finditer(text)]
    if not ends:
        return False
    seen = looks(text)
    return any(seen[end] == Looks.BARE for end in ends)


def _without_last_marks(text: str) -> str:
    for _ in range(_AT_MOST):
        text = text.rstrip()
        match = _LAST.search(text, max(len(text) - _LONGEST, 0))
        if match is None:
            break
        text = text[: match.start()]
    return text


def _final_channel(text: str) -> str:
    """The answer of gpt-oss is what it says on its `final` channel."""
    if not _MARK.match(text):
        return text
    finals = [match.end() for match in _FINAL.finditer(text)]
    if len(finals) == 1:
        return text[finals[0] :]
    return text


def _end_of(begun: re.Match[str], text: str) -> int:
    name = begun[1]
    mark = begun[0].strip().lower()
    if name:
        closing = f"</{name.lower()}>"
    elif mark.startswith("<|"):
        closing = mark.replace("start", "end").replace("begin", "end")
    else:
        closing = mark[0] + "/" + mark[1:]
    found = re.compile(re.escape(closing), re.IGNORECASE).search(text, begun.end())
    return found.end() if found is not None else -1
