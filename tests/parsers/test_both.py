"""Both parsers behind the one value that the core asks for."""

import threading

from linara_agent.core.shell.agree import read
from linara_agent.core.shell.reading import BashlexTree, MvdanTree, Parsers
from linara_agent.parsers.both import BothParsers


def test_both_parsers_answer():
    """Each gives its own kind of tree for the same text."""
    parsers: Parsers = BothParsers()
    assert isinstance(parsers.mvdan("a | b"), MvdanTree)
    assert isinstance(parsers.bashlex("a | b"), BashlexTree)


def test_threads_do_not_disturb_each_other():
    """Four threads reading different texts get what one alone gets."""
    texts = [f"x{i}=$(a{i} | b 'c {i}') d{i} <<<{i}; e{i} && f{i}" for i in range(20)]
    parsers = BothParsers()
    alone = [read(text, parsers, home=None) for text in texts]
    found: dict[int, list[object]] = {}

    def work(number: int) -> None:
        found[number] = [read(text, parsers, home=None) for text in texts]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(4)] == [alone] * 4
