"""Variables that change what runs, and variables that hold secrets."""

import re
from collections.abc import Iterable

_CHANGES_WHAT_RUNS = re.compile(
    r"PATH|LD_\w+|BASH_ENV|ENV|IFS|PROMPT_COMMAND|PS4|SHELLOPTS|BASHOPTS|BASH_FUNC.*"
    r"|GIT_\w+|PAGER|MANPAGER|LESSOPEN|LESSCLOSE|LESS|EDITOR|VISUAL|BROWSER|SHELL"
    r"|PYTHON\w*|NODE_\w+|PERL\w*|RUBY\w*|JAVA_\w+|_JAVA_OPTIONS|CLASSPATH|LUA_\w+"
    r"|TAR_OPTIONS|RSYNC_\w+|SSH_\w+|CURL_HOME|WGETRC|HOME|CDPATH|XDG_\w+|TMPDIR"
    r"|GCONV_PATH|LOCPATH|NLSPATH|HOSTALIASES|TERMINFO\w*|HISTFILE|MAKEFLAGS"
    r"|npm_config_\w+|NPM_CONFIG_\w+|PIP_\w+|CARGO_\w+|RUSTC\w*|GOFLAGS|DOCKER_\w+"
    r"|KUBECONFIG|\w+_proxy|\w+_PROXY|OPENSSL_\w+|MALLOC_\w+|GLIBC_TUNABLES|CC|CXX|LD"
    # Scripts around other programs (gzip's, xz's and bzip2's) run what these name.
    r"|E?F?GREP|CMP|DIFF|GZIP|BZIP2?|XZ_(?:OPT|DEFAULTS)|ZIPOPT|UNZIP(?:OPT)?|TAPE|RSH"
    # Options, configurations and libraries of single programs that may run something.
    r"|\w+_(?:PAGER|EDITOR|ASKPASS|BROWSER|OPTIONS|OPTS|CONFIG|CONFIG_(?:PATH|FILE))"
    r"|APT_CONFIG|RIPGREP_\w+|BAT_\w+|HG\w+|SVN_\w+|AWK(?:LIB)?PATH|FFREPORT|VIMINIT"
    r"|EXINIT|GVIMINIT|MYVIMRC|VIM(?:RUNTIME)?|ZDOTDIR|F?PATH|SCREENRC|INPUTRC|MAILRC"
    r"|MAN(?:OPT|ROFFOPT|ROFFSEQ|PATH)|LESS\w+|SYSTEMD_\w+|PSQL\w*|PG\w+|MYSQL_\w+"
    r"|SQLITE_\w+|SSLKEYLOGFILE|NMAPDIR|GS_\w+|MAGICK_\w+|KUBE\w*|HELM_\w+|AWS_\w+"
    r"|GOOGLE_\w+|CLOUDSDK_\w+|TF_\w+|ANSIBLE_\w+|MAKEFILES|GO[A-Z]\w+|JDK_\w+"
    r"|MAVEN_\w+|GRADLE_\w+|ANT_\w+|PHPRC|PHP_\w+|R_\w+|TCL\w+|GNUPGHOME|BC_ENV_ARGS"
    r"|DC_ENV_ARGS|M4PATH|TEX\w+|GROFF_\w+|TROFF\w*|LYNX_\w+|SUDO_\w+|DPKG_\w+"
    r"|GCC_\w+|COMPILER_PATH|LIBRARY_PATH|QT_\w+|GTK\w+|GIO_\w+|GST_\w+|GDB\w+"
    r"|LS_OPTIONS|POSIXLY_CORRECT"
)
"""Of bash, of the dynamic linker, and of programs that look for them by name; what
their manuals' sections on the environment say may run, load or write something."""
_SECRET = re.compile(
    r"(?i).*(secret|token|passw|api_?key|access_?key|private_?key|credential).*"
    r"|.*_KEY|.*_PAT|PGPASSWORD|MYSQL_PWD"
)


_SETS = re.compile(
    r"\b(?:for|select)\s+([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*):?=|\bcoproc\s+([A-Za-z_]\w*)"
)
_BUILTINS_THAT_SET = frozenset(("read", "mapfile", "readarray", "getopts", "printf"))


def set_by_constructs(text: str) -> tuple[str, ...]:
    """The telling variables that loops and expansions (`${PATH:=x}`) may set.

    Looked for in the text itself: it is the same in whatever stands around it.
    """
    names = (name for groups in _SETS.findall(text) for name in groups if name)
    return tuple(dict.fromkeys(name for name in names if changes_what_runs(name)))


def set_by_builtin(program: str, words: Iterable[str | None]) -> tuple[str, ...]:
    """The telling variables that `read` and its like are given."""
    if program not in _BUILTINS_THAT_SET:
        return ()
    names = (re.match(r"(?:-[a-z]*[vau])?([A-Za-z_]\w*)", word or "") for word in words)
    return tuple(n[1] for n in names if n is not None and changes_what_runs(n[1]))


def changes_what_runs(name: str) -> bool:
    return _CHANGES_WHAT_RUNS.fullmatch(name) is not None


def holds_secret(name: str) -> bool:
    return _SECRET.fullmatch(name) is not None
