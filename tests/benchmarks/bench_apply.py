"""Applying 10,000 changed files against copying them.

Prints the ratio of an apply (check, stage, rename, backup, two syncs) to `rsync -a
--fsync` of the same files, or to `cp` and `sync` without an rsync that knows --fsync.
Both write into an existing tree of 10,000 older files in 100 directories.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.review import Approved, By, Way, approve
from linara_agent.host.apply import HostFiles
from linara_agent.host.directories import Directories
from linara_agent.host.path_state import state_of
