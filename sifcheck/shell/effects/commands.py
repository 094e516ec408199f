"""What the programs of a script do to files: one row a program, with its options that take a value.

Sources: the manual pages of GNU coreutils, findutils, tar and sed, of rsync, OpenSSH, Info-ZIP, wget, curl, aria2 and axel.
"""

from __future__ import annotations

from sifcheck.base.startup import NamedTuple


class Row(NamedTuple):
    """One program.

    `effect` names what it does (see READERS in model.py).  `values` are its options whose value is the next word, `target`
    those that name what it writes to.
    """

    effect: str
    values: tuple[str, ...] = ()
    target: tuple[str, ...] = ()


def _row(effect: str, values: str = "", target: str = "") -> Row:
    return Row(effect, (*values.split(), *target.split()), tuple(target.split()))


_INTO = "-t --target-directory"
_TAR = (
    "-f --file -C --directory -T --files-from -X --exclude-from --exclude --transform --xform --strip-components "
    "-I --use-compress-program -b --owner --group --mode --mtime --warning"
)
_RSYNC = (
    "-e --rsh --rsync-path -f --filter --exclude --include --exclude-from --include-from --files-from -T --temp-dir "
    "--log-file --password-file --port --bwlimit --chmod --chown --timeout -B --block-size -M --remote-option"
)
_WGET = (
    "-o --output-file -a --append-output -e --execute -t --tries -T --timeout -w --wait -U --user-agent --header --referer "
    "-l --level -A --accept -R --reject -D --domains -I -X --cut-dirs --post-data --post-file --user --password -i "
    "--input-file"
)
_CURL = (
    "-H --header -d --data --data-binary --data-raw -A --user-agent -u --user -e --referer -x --proxy --preproxy -X "
    "--request "
    "-b --cookie -c --cookie-jar -m --max-time --connect-timeout --retry --retry-delay --resolve --cacert --cert -E --key "
    "-T --upload-file -w --write-out -F --form -K --config -r --range -C --continue-at -Y -y --output-dir"
)

COMMANDS: dict[str, Row] = {
    "cp": _row("copy", "-S --suffix", _INTO),
    "install": _row("copy", "-m --mode -o --owner -g --group -S --suffix", _INTO),
    "rsync": _row("copy", _RSYNC),
    "scp": _row("copy", "-c -D -F -i -J -l -o -P -S -X"),
    "mv": _row("move", "-S --suffix", _INTO),
    "ln": _row("link", "-S --suffix", _INTO),
    "rm": _row("remove"),
    "rmdir": _row("remove"),
    "unlink": _row("remove"),
    # It overwrites what a file held, and with -u removes it.
    "shred": _row("remove", "-n --iterations -s --size --random-source"),
    "find": _row("find"),
    "mkdir": _row("make folder", "-m --mode"),
    "touch": _row("write", "-d --date -r --reference -t"),
    "tee": _row("write"),
    "truncate": _row("write", "-s --size -r --reference"),
    "dd": _row("dd"),
    "sed": _row("edit", "-e --expression -f --file"),
    "tar": _row("tar", _TAR),
    "bsdtar": _row("tar", _TAR),
    "unzip": _row("unzip", "-x -P", "-d"),
    "wget": _row("download", _WGET + " -P --directory-prefix", "-O --output-document"),
    "curl": _row("download", _CURL, "-o --output"),
    "aria2c": _row("download", "-d --dir -x -s -j --header -i", "-o --out"),
    "axel": _row("download", "-n -s -H -U -T", "-o --output"),
    "git": _row("git", "-b --branch --depth -o --origin -u --reference -c --config -j --jobs -C"),
    "cd": _row("change folder"),
    "pushd": _row("change folder"),
    "popd": _row("change folder"),
}
"""What each program does to files."""

DOWNLOADERS = tuple(program for program, row in COMMANDS.items() if row.effect == "download")
"""The programs that fetch what an address names."""
