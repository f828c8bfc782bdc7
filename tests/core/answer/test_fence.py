"""Fenced blocks as CommonMark has them."""

import pytest

from linara_agent.core.answer.fence import Block, Unclosed, blocks, holds_fence


def test_block_knows_its_language_and_surroundings():
    """Language, content, and the text before and after are told apart."""
    assert blocks("a\n\n```Bash title=x\nls\n\npwd\n```\nb") == (
        Block(language="bash", content="ls\n\npwd", before="a\n", after="b"),
    )


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("no block at all", []),
        ("~~~\n```\n~~~", ["```"]),
        ("````\n```\n````", ["```"]),
        ("```\na\n`````", ["a"]),
        ("```\na\n``` b\n```", ["a\n``` b"]),
        ("1. a\n\n    ```\n    b\n      c\n    ```", ["b\n  c"]),
        ("- ```sh\n  a\n  ```", ["a"]),
        ("  ```\n  a\n\n   b\n  ```", ["a\n\n b"]),
        ("  ```\na\n  b\n  ```", ["a\n  b"]),
        ("```\ncat <<E\n```\nE\n```", ["cat <<E\n```\nE"]),
        ("```\ncat <<E\n```\nno end", ["cat <<E"]),
        ("```\necho $((1<<n))\n```", ["echo $((1<<n))"]),
        ("```\na\n```\n```\nb\n```", ["a", "b"]),
        ("use ```ls``` now", []),
    ],
)
def test_openings_and_closings(text, contents):
    """A closing line has the same sign, at least as often, and nothing else."""
    assert [block.content for block in blocks(text)] == contents


def test_block_without_end():
    """A block that is not closed is told, not guessed."""
    with pytest.raises(Unclosed):
        blocks("```bash\nls")


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("", ""),
        ("bash", "bash"),
        ("Bash title='a b'", "bash"),
        ("{.bash}", "bash"),
        ("{bash, echo=FALSE}", "bash"),
        ("language-sh", "sh"),
        ("bash:run.sh", "bash"),
        ("python3", "python3"),
        ("c++", "c++"),
    ],
)
def test_language_of_an_info_string(info, language):
    """The first word names the language, in whatever dialect of Markdown."""
    [block] = blocks(f"```{info}\nls\n```")
    assert block.language == language


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ls", False),
        ("```\nls\n```", True),
        ("a\n  ~~~", True),
        ("a ~~~", False),
        ("a ```b```", True),
        ("'\n```\n'", True),
        ("cat <<'E'\n```\nE", False),
        ("cat <<E\n```\nE", True),
        ("# ```\nls", False),
    ],
)
def test_a_fence_is_told_from_plain_data(text, holds):
    """Markdown in a quoted here-document or in a comment does nothing."""
    assert holds_fence(text) is holds
