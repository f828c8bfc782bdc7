#!/usr/bin/env bash
# Show the whole way on files made for it: sandbox/demo.sh LINARA_AGENT (`make demo`).
#
# In a terminal it is a conversation, and the files go if you approve. Without one
# nothing can be asked: it ends after the preview, with every file still there.

set -euo pipefail

agent=${1:?usage: sandbox/demo.sh LINARA_AGENT}
directory=$(mktemp -d /tmp/linara-demo-XXXXXX)
trap 'rm -rf -- "$directory"' EXIT
trap 'exit 130' INT TERM

say() { printf 'demo: %s\n' "$*" >&2; }

# Their content has the length that a person would expect of such files.
cd -- "$directory"
mkdir old-build
head -c 3000000 /dev/zero >installer-download.part
head -c 120000 /dev/zero >old-build/objects.o
printf 'a report from last month\n' >report-draft.txt~
printf 'half a note\n' >.notes.swp
touch -d '30 days ago' installer-download.part old-build/objects.o \
  report-draft.txt~ .notes.swp old-build
printf 'written a moment ago\n' >fresh.txt
before=$(find . -type f | sort)

say "made $directory, with four files that are 30 days old and a fresh one:"
find . -type f -printf '        %TY-%Tm-%Td %9s  %p\n' | sort -k3 >&2
say "running: linara-agent do \"clean temp files\" --provider recipes"

code=0
if [[ -t 0 && -t 1 ]]; then
  say "the command is about all of /tmp: the review shows every file that would go"
  "$agent" "do" "clean temp files" --provider recipes || code=$?
  say "linara-agent ended with exit code $code; what is left in $directory:"
  find . -type f -printf '        %TY-%Tm-%Td %9s  %p\n' | sort -k3 >&2
  # Declined and left for later are answers too.
  case $code in 10 | 12) code=0 ;; esac
else
  "$agent" "do" "clean temp files" --provider recipes </dev/null || code=$?
  if [[ $(find . -type f | sort) != "$before" ]]; then
    say "files are missing although nobody approved anything; this is a bug"
    exit 3
  fi
  # 10: there is something to review, and nobody to ask.
  if ((code == 10)); then
    say "the preview is above, and every file is still there: without a terminal nobody could approve"
    code=0
  elif ((code == 0)); then
    say "linara-agent found nothing to review, which is not what this demonstration expects"
    code=1
  fi
fi
exit "$code"
