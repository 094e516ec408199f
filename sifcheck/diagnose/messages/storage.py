"""What the runtimes say of the temporary folder, and when the base image cannot be unpacked into it."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import MEASURED, REPORTED, Message

BEST_FOLDER = 'eval "$(sifcheck doctor --shell)"'

MESSAGES = (
    Message(
        "tmpdir-noexec",
        pattern(r"'noexec' mount option set on (?P<folder>\S+?),"),
        "machine",
        (
            "the temporary folder {folder} lies on a file system mounted noexec: no program of the image "
            "could run there"
        ),
        "name a folder on a file system that lets programs run",
        (
            (
                "FATAL:   Unable to create build: 'noexec' mount option set on /mnt/here, temporary root "
                "filesystem won't be usable at this location"
            ),
        ),
        commands=(BEST_FOLDER,),
        rules=("ENV202",),
        words=("'noexec' mount option set on ",),
    ),
    Message(
        "tmpdir-missing",
        pattern(r"failed to create build parent dir: stat (?P<folder>.+?): no such file or directory"),
        "machine",
        "the temporary folder {folder} is not there",
        (
            "make it, or name another; --tmpdir wins over APPTAINER_TMPDIR, that over SINGULARITY_TMPDIR, "
            "that over TMPDIR"
        ),
        (
            (
                "FATAL:   Unable to create build: failed to create build parent dir: stat /mnt/here/none: no "
                "such file or directory"
            ),
        ),
        commands=("mkdir -p {folder}",),
        rules=("ENV202",),
        words=("failed to create build parent dir: stat ",),
    ),
    Message(
        "tmpdir-not-writable",
        pattern(
            r"failed to create build parent dir: (?:mkdir|stat) (?P<folder>.+?)(?:/build-temp-\d+)?: "
            r"(?P<why>permission denied|read-only file system|not a directory)"
        ),
        "machine",
        "the build cannot make a folder in the temporary folder {folder}: {why}",
        "name a folder that you may write to",
        (
            (
                "FATAL:   Unable to create build: failed to create build parent dir: mkdir "
                "/mnt/here/build-temp-284340907: read-only file system"
            ),
            (
                "FATAL:   Unable to create build: failed to create build parent dir: mkdir "
                "/x/build-temp-3851338285: permission denied"
            ),
            (
                "FATAL:   Unable to create build: failed to create build parent dir: mkdir /x/build-temp-1: not "
                "a directory"
            ),
        ),
        commands=(BEST_FOLDER,),
        rules=("ENV202",),
        words=("failed to create build parent dir: ",),
    ),
    Message(
        "tmpdir-not-mounted",
        pattern(r"failed to find mount point for (?P<folder>.+?): no parent mount point found"),
        "machine",
        (
            "the temporary folder {folder} is a relative path, or lies in a subvolume that is not mounted by "
            "itself"
        ),
        "name it by its whole path, from /; a nested subvolume does not serve",
        (
            (
                "FATAL:   Unable to create build: failed to find mount point for tmp/rel: no parent mount point "
                "found"
            ),
        ),
        commands=(BEST_FOLDER,),
        rules=("ENV202",),
        words=("failed to find mount point for ",),
    ),
    Message(
        "tmpdir-odd-name",
        pattern(r"(?<!\S)(?P<bind>\S+) is not a valid bind option"),
        "unpack",
        "a path that the build binds, most often the temporary folder, has a colon or a comma in its name",
        "name a folder without them; a blank does no harm",
        (
            (
                "FATAL:   While setting bind mount configuration: while parsing bind path: b/image is not a "
                "valid bind option"
            ),
        ),
        commands=(BEST_FOLDER,),
        rules=("ENV202",),
        words=(" is not a valid bind option",),
    ),
    Message(
        "tmpdir-image-lost",
        pattern(r"mount source (?P<folder>\S+/build-temp-\d+) doesn't exist"),
        "unpack",
        "the name of the temporary folder was cut at a comma: {folder} is only its beginning",
        "name a folder without comma and colon",
        (
            (
                "FATAL:   container creation failed: mount hook function failure: mount /b/build-temp-1->/image "
                "error: while mounting /b/build-temp-1: mount source /b/build-temp-1 doesn't exist"
            ),
        ),
        commands=(BEST_FOLDER,),
        rules=("ENV202",),
        weight=8,
        words=(" doesn't exist",),
    ),
    Message(
        "chown-refused",
        pattern(
            r"(?:failed to create staging file: open (?P<folder>\S+)/build-temp-\d+/archive-\d+|mkdir "
            r"(?P<older>\S+)/build-temp-\d+/rootfs): no such file or directory"
        ),
        "unpack",
        (
            "nothing is missing: the temporary folder {folder}{older} refuses to give files to other ids (a "
            "shared file system, or a folder that hands its group on to what is made in it), and the runtime "
            "has then deleted its own folder"
        ),
        (
            "name a temporary folder on a disk of the node or in memory; a project folder serves after "
            "`chmod g-s` on a folder in it"
        ),
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking local image: root "
                "filesystem extraction failed: failed to create staging file: open "
                "/x/build-temp-2353301359/archive-377096855: no such file or directory"
            ),
            "FATAL:   Unable to create build: mkdir /x/build-temp-77/rootfs: no such file or directory",
        ),
        commands=(BEST_FOLDER,),
        rules=("ENV201",),
        words=(": no such file or directory",),
    ),
    Message(
        "unpack-killed",
        pattern(r"extract command failed: .*signal: killed|^: signal: killed"),
        "unpack",
        (
            "unsquashfs was killed while it unpacked the base: the job has too little memory, or a limit on "
            "CPU time was reached"
        ),
        "ask for more memory; where the temporary folder is in memory, what is unpacked counts too",
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking local image: root "
                "filesystem extraction failed: extract command failed: : signal: killed"
            ),
        ),
        commands=("ulimit -a", BEST_FOLDER),
        rules=("BLD101", "ENV301"),
        words=(
            ": signal: killed",
            "extract command failed: ",
        ),
    ),
    Message(
        "unpack-no-space",
        pattern(
            r"root filesystem extraction failed: .*(?P<why>no space left on device|disk quota exceeded)|Write "
            r"on output file failed because (?P<words>No space left on device|Disk quota exceeded)"
        ),
        "unpack",
        "the temporary folder is full, or your quota there is used up, before the base is unpacked",
        "name a temporary folder with room for the unpacked image and the finished SIF together",
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking local image: root "
                "filesystem extraction failed: failed to copy content in staging file: write "
                "/x/build-temp-1/archive-2: no space left on device"
            ),
            "Write on output file failed because No space left on device",
        ),
        commands=("df -h FOLDER", BEST_FOLDER),
        rules=("BLD102", "BLD101"),
        weight=8,
        words=(
            "Write on output file failed because ",
            "root filesystem extraction failed: ",
        ),
    ),
    Message(
        "unpack-write-failed",
        pattern(r"FATAL ERROR: ?writer: failed to write file (?P<path>.*)"),
        "unpack",
        "unsquashfs could not write: the temporary folder is full, by bytes, by number of files, or by quota",
        "name a temporary folder with more room; a quota does not show in df",
        ("FATAL ERROR: writer: failed to write file /image/rootfs/bin/busybox",),
        commands=("df -h FOLDER", "df -i FOLDER", BEST_FOLDER),
        rules=("BLD102", "BLD101"),
        weight=7,
        words=("writer: failed to write file ",),
    ),
    Message(
        "unsquashfs-missing",
        pattern(r"could not extract squashfs data, unsquashfs not found"),
        "unpack",
        "unsquashfs is not installed; a SIF as base needs it",
        "the administrator installs squashfs-tools",
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking local image: could not "
                "extract squashfs data, unsquashfs not found"
            ),
        ),
        rules=("ENV106",),
        words=("could not extract squashfs data, unsquashfs not found",),
    ),
    Message(
        "unpack-failed",
        pattern(r"root filesystem extraction failed: (?P<words>.*)"),
        "unpack",
        (
            "the base image could not be unpacked; without another word it is most often a full temporary "
            "folder or its quota"
        ),
        "look at the free space, the number of files and your quota in the temporary folder",
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking local image: root "
                "filesystem extraction failed: extract command failed: WARNING: Skipping mount /etc/hosts "
                "[binds]: /etc/hosts doesn't exist in container"
            ),
        ),
        commands=("df -h FOLDER", "df -i FOLDER"),
        rules=("BLD102",),
        weight=3,
        words=("root filesystem extraction failed: ",),
    ),
    Message(
        "unpack-entry",
        pattern(r"unpack entry: (?P<path>.+?): (?P<why>.*)"),
        "unpack",
        (
            "the file {path} of the base could not be written as it is in the image ({why}): the temporary "
            "folder cannot hold its owner, its attributes or its name, or is full"
        ),
        "name a temporary folder on a disk of the node or in memory",
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking tmpfs: error unpacking "
                "rootfs: unpack layer: unpack entry: bin/arch: apply hdr metadata: clear xattr metadata: "
                "unpriv.llistxattr: no such file or directory"
            ),
        ),
        commands=("df -h FOLDER", BEST_FOLDER),
        rules=("ENV201", "ENV104"),
        weight=5,
        source=REPORTED,
        words=("unpack entry: ",),
    ),
    Message(
        "layer-damaged",
        pattern(
            r"(?:unexpected EOF|gzip: invalid (?:header|checksum)|digest mismatch|does not match digest)"
        ),
        "fetch",
        "a layer of the image arrived damaged, or lies damaged in the cache",
        "clean the cache and try again; a full disk below the cache does this too",
        (
            (
                "FATAL:   While performing build: packer failed to pack: while unpacking tmpfs: error unpacking "
                "rootfs: unpack layer: unexpected EOF"
            ),
        ),
        commands=("apptainer cache clean",),
        rules=("ENV205",),
        weight=5,
        source=REPORTED,
        words=(
            "digest mismatch",
            "does not match digest",
            "gzip: invalid ",
            "unexpected EOF",
        ),
    ),
    Message(
        "nodev-harmless",
        pattern(r"'nodev' mount option set on (?P<folder>\S+?),"),
        "machine",
        (
            "harmless: the devices in %post are the host's own; only bootstraps that make devices (yum, "
            "debootstrap) mind it"
        ),
        "",
        (
            (
                "WARNING: 'nodev' mount option set on /worktmp, it could be a source of failure during build "
                "process"
            ),
        ),
        rules=("ENV203",),
        kind="note",
        weight=1,
        words=("'nodev' mount option set on ",),
    ),
    Message(
        "tmpdir-variables-differ",
        pattern(r"have different values, using the latter"),
        "machine",
        "two variables of one meaning differ; the one of the runtime that runs counts",
        "",
        ("WARNING: SINGULARITY_TMPDIR and APPTAINER_TMPDIR have different values, using the latter",),
        kind="note",
        weight=1,
        words=("have different values, using the latter",),
    ),
    Message(
        "cache-disabled",
        pattern(r"Cache disabled - cache location (?P<folder>\S+) is not writable"),
        "machine",
        "the layers then go to the temporary folder as well, which needs so much more space",
        "",
        ("WARNING: Cache disabled - cache location /x is not writable.",),
        rules=("ENV205",),
        kind="note",
        weight=1,
        source=MEASURED,
        words=("Cache disabled - cache location ",),
    ),
    Message(
        "xattrs-lost",
        pattern(r"destination filesystem does not support xattrs|ignoring ENOTSUP on setxattr"),
        "unpack",
        "harmless: the temporary folder keeps no extended attributes; few images need them",
        "",
        (
            (
                "warn xattr{etc/gshadow} destination filesystem does not support xattrs, further warnings will "
                "be suppressed"
            ),
        ),
        rules=("ENV201",),
        kind="note",
        weight=1,
        source=REPORTED,
        words=(
            "destination filesystem does not support xattrs",
            "ignoring ENOTSUP on setxattr",
        ),
    ),
)
