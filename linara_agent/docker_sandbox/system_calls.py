"""What a script may ask of the kernel: `sandbox/seccomp.json`, or more, if traced."""

import json

_OF_TRACERS = ("ptrace", "process_vm_readv")


def profile(text: str, *, traced: bool) -> str:
    """The seccomp profile; with `traced`, processes may look into each other.

    The first process cannot be looked into all the same: it is not dumpable.
    """
    if not traced:
        return text
    rules = json.loads(text)
    rules["syscalls"].append({"names": _OF_TRACERS, "action": "SCMP_ACT_ALLOW"})
    return json.dumps(rules)
