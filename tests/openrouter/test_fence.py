"""Fenced blocks as CommonMark has them."""

import pytest

from linara_agent.openrouter.fence import Block, Unclosed, blocks


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
        ("    ```\nindented too far", []),
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
