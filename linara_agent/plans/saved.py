"""Reading what was saved; whatever is wrong with it is a PlanProblem."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.plan import SCHEMA, Plan, PlanState
from linara_agent.errors import PlanProblem

LARGEST_PLAN = 512 << 20
"""Bytes of a plan.json that are written or read at most: about 1,000,000 changes."""

BLOB = re.compile(r"[0-9a-f]{64}")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def damaged(name: str, why: str) -> PlanProblem:
    return PlanProblem(
        f"Plan {name} is damaged: {why}.",
        not_done="Nothing was carried out.",
        remedy="Make a new plan for the same command.",
    )


def not_written(directory: Path, error: OSError) -> PlanProblem:
    return PlanProblem(
        f"The plan at {directory} cannot be written: {error.strerror}.",
        not_done="It was not saved or changed.",
        remedy="See that the directory can be written to and has space.",
    )


def too_large(directory: Path, changes: int) -> PlanProblem:
    return PlanProblem(
        f"The plan at {directory} would be larger than {LARGEST_PLAN >> 20} MiB, with"
        f" its {changes:,} change{'' if changes == 1 else 's'}.",
        not_done="It was not saved; the host is untouched.",
        remedy="Do it in several steps, each with fewer changes.",
    )


def bytes_of(path: Path) -> bytes:
    """A small file's content; PlanProblem if it is absent, too large or no file."""
    name = path.parent.name
    try:
        with os.fdopen(os.open(path, _READ), "rb") as stream:
            content = stream.read(LARGEST_PLAN + 1)
    except OSError as error:
        raise damaged(name, f"{path.name}: {error.strerror}") from error
    if len(content) > LARGEST_PLAN:
        raise damaged(name, f"{path.name} is larger than any plan")
    return content


def parse(content: bytes, name: str) -> Plan:
    """A plan from its JSON; its digest fits."""
    try:
        plan = Plan.from_json(content)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise damaged(name, lines[0].rstrip(".")) from error
    if plan.schema != SCHEMA:
        raise PlanProblem(
            f"Plan {name} was made by another version (schema {plan.schema}).",
            not_done="Nothing was carried out.",
            remedy="Make a new plan for the same command.",
        )
    return plan


def parse_state(content: bytes, name: str) -> PlanState:
    try:
        return PlanState(content.decode("ascii", "replace").strip())
    except ValueError as error:
        raise damaged(name, "its state is none of the known ones") from error


def needed(plan: Plan) -> Iterator[tuple[Change, str]]:
    """The changes whose new content must be there, with the name of its blob."""
    for change in plan.preview.changes:
        after = change.after
        if change.incidental or change.kind is ChangeKind.METADATA or after is None:
            continue
        if after.type is FileType.FILE and after.sha256 is not None:
            if not BLOB.fullmatch(after.sha256):
                raise damaged(plan.id, f"{after.sha256!r} is no digest")
            yield change, after.sha256


def blob_problem(path: Path, change: Change) -> str | None:
    """What is wrong with a saved content, in words."""
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    try:
        with os.fdopen(descriptor, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = os.fstat(descriptor).st_size
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if digest != path.name or change.after is None or size != change.after.size:
        return "is not what was saved"
    return None
