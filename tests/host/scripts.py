"""What scripts do to a tree, written in Python."""

import os
from pathlib import Path


def everything(host: Path) -> None:
    """A tree with one of everything, for a script to change."""
    (host / "keep").write_text("stays\n")
    (host / "edit").write_text("old\n")
    (host / "gone").write_text("bye\n")
    (host / "tree/deep/er").mkdir(parents=True)
    (host / "tree/a").write_text("a")
    (host / "tree/deep/b").write_text("b")
    (host / "tree/link").symlink_to("a")
    os.mkfifo(host / "tree/fifo")
    (host / "to-directory").write_text("file")
    (host / "to-file/sub").mkdir(parents=True)
    (host / "to-file/sub/x").write_text("x")
    (host / "to-real").symlink_to("keep")
    (host / "mode").write_text("#!/bin/sh\n")
    (host / "closing").mkdir()
    (host / "closing/inside").write_text("1")


def change_everything(twin: Path) -> None:
    (twin / "edit").write_text("new\n")
    os.utime(twin / "edit", ns=(1, 1_234_567_890_123_456_789))
    (twin / "gone").unlink()
    for path in sorted((twin / "tree").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    (twin / "tree").rmdir()
    (twin / "new/sub/empty").mkdir(parents=True)
    (twin / "new/sub/file").write_text("fresh")
    (twin / "new/link").symlink_to("../nowhere")
    os.mkfifo(twin / "new/fifo", 0o640)
    (twin / "new/sub").chmod(0o2750)
    (twin / "to-directory").unlink()
    (twin / "to-directory").mkdir(0o700)
    (twin / "to-directory/child").write_text("child")
    (twin / "to-file/sub/x").unlink()
    (twin / "to-file/sub").rmdir()
    (twin / "to-file").rmdir()
    (twin / "to-file").write_text("now a file")
    (twin / "to-real").unlink()
    (twin / "to-real").write_text("real")
    (twin / "mode").chmod(0o755)
    (twin / "closing/added").write_text("2")
    (twin / "closing").chmod(0o555)
