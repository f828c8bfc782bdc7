"""What an awk program can reach."""

import pytest

from linara_agent.core.effects.awk import reaches_out
from tests.core.gates import targets


@pytest.mark.parametrize(
    "program",
    [
        "{print $1}",
        "$3 > 5",
        "$3>=5{print}",
        '{if ($1 > 3) print "a > b"}',
        "/a|b/",
        "!seen[$0]++",
        "{print ($1 > $2) ? 1 : 2}",
        "{print $1 / 2, $3 / 4}",
        "{n /= 2} END {print n/NR}",
        "$0 ~ /^[^/]+$/ {print}",
        "# system()\n{print}",
        '{print "system()"}',
        "{a = b || c}",
        "BEGIN { while (i < 3) { i++; print i / 2 } }",
        "function f(x) { return x / 2 } {print f($1)}",
        "{print a[1]/2; x = a[2] > 3}",
        '/"/ {print}',
        '/#/ {print "x"}',
        "{print;\n x > 3}",
        '{gsub(/\\//, ""); print}',
        "{print length / 2}",
    ],
)
def test_harmless(program: str) -> None:
    """Comparing, dividing, matching and printing reach nothing."""
    assert reaches_out(program) is None


@pytest.mark.parametrize(
    "program",
    [
        '{print > "f"}',
        "{print $1 > $2}",
        '{print >> "f"}',
        '{printf("%s", $1) > "f"}',
        '{print 1,\n2 > "f"}',
        '{print 1 \\\n> "f"}',
        '{print (1,\n2) > "f"}',
        '{print x ?\n1 : 2 > "f"}',
        '{print x ||\ny > "f"}',
        '/"/ {print > "f"} /"/',
        '/#/ {print > "f"}',
        '{print | "sh"}',
        '{"date" | getline}',
        '{print |& "sh"}',
        '{getline < "f"}',
        '{while ((getline x < "f") > 0) n++}',
        '{system("x")}',
        '{close("x")}',
        'BEGIN{ARGV[1]="f"}',
        "BEGIN{ARGC=2}",
        '{print ENVIRON["X"]}',
        '@include "x"',
        '@load "x"',
        "{@f()}",
        '{print "x}',
        "{print 'x'\\}",
        "/abc",
        '{print "a\nb"}',
        '{if (1) /(/; print > "f"; /)/}',
        '{if (1) /"/; print > "f"; /"/}',
        '{x = $/"/; print > "f"; y = $/"/}',
        '{PROCINFO["sorted_in"] = "x"}',
        '{SYMTAB["x"] = 1}',
    ],
)
def test_reaching_out(program: str) -> None:
    """Files, pipes, commands, variables of the environment: all of it is noticed."""
    assert reaches_out(program) is not None


def test_operands_are_files_or_assignments() -> None:
    """`x=1` among the files sets a variable."""
    assert targets("awk 1 a x=1 /etc/hosts", "read") == {
        "/home/u/project/a",
        "/etc/hosts",
    }
    assert targets("awk 1 FS=$x", "read") == {None}


@pytest.mark.parametrize("option", ["-f a.awk", "--file=a.awk", "-E a.awk"])
def test_a_program_in_a_file_is_read_and_runs(option: str) -> None:
    """Its text is not judged, and every operand is a file."""
    found = targets(f"awk {option} x y", "read")
    assert found == {f"/home/u/project/{name}" for name in ("a.awk", "x", "y")}
    assert targets(f"awk {option} x y", "execute") == {"awk"}
    assert targets(f"awk {option} x y", "unknown") == set()


def test_a_program_after_e_is_judged() -> None:
    """The text is read like one among the operands, and all operands are files."""
    assert targets("awk -e '{print $1}' x", "read") == {"/home/u/project/x"}
    assert targets("awk -e '{print $1}' x", "execute") == set()
    assert targets("awk -e '{print | x}' x", "execute") == {None}


def test_behind_a_doubtful_word_each_operand_may_be_a_file() -> None:
    """`$x` may be the program: then the first operand is no program."""
    assert "/home/u/.ssh/id_rsa" in targets('awk "$x" ~/.ssh/id_rsa', "read")
