"""What the runtimes say when the finished image cannot be compressed, written, signed or started."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import READ, REPORTED, Message
from sifcheck.diagnose.messages.storage import BEST_FOLDER

# Apptainer names mksquashfs, older versions say `create command`.
_SQUASH = r"(?:mksquashfs|create) command failed"

MESSAGES = (
    Message(
        "squashfs-killed",
        pattern(_SQUASH + r": signal: killed"),
        "squashfs",
        (
            "mksquashfs was killed for want of memory: it takes a quarter of the node's memory, whatever the "
            "job is allowed"
        ),
        "hold it to a size of its own, ask for more memory, or keep the temporary folder out of memory",
        (
            (
                "FATAL:   While performing build: while creating squashfs: /usr/bin/mksquashfs command failed: "
                "signal: killed: "
            ),
        ),
        commands=(
            'apptainer build --mksquashfs-args "-mem 1G -processors 2" IMAGE.sif FILE.def',
            BEST_FOLDER,
        ),
        rules=("ENV301", "BLD101", "ENV204"),
        weight=8,
        words=(" command failed: signal: killed",),
    ),
    Message(
        "squashfs-no-space",
        pattern(r"Write failed because (?P<why>No space left on device|Disk quota exceeded)"),
        "squashfs",
        (
            "the image is compressed inside of the temporary folder, next to the unpacked tree, and there is "
            "no room left for both ({why})"
        ),
        (
            "name a temporary folder with room for tree and image together; the output's own folder does not "
            "count here"
        ),
        (
            (
                "FATAL:   While performing build: while creating squashfs: /usr/bin/mksquashfs command failed: "
                "exit status 1: Write failed because No space left on device"
            ),
            (
                "FATAL:   While performing build: while creating squashfs: create command failed: exit status 1: "
                "Write failed because Disk quota exceeded"
            ),
        ),
        commands=("df -h FOLDER", BEST_FOLDER),
        rules=("BLD102", "BLD101"),
        weight=8,
        words=("Write failed because ",),
    ),
    Message(
        "mksquashfs-missing",
        pattern(r"while searching for mksquashfs|mksquashfs.*executable file not found"),
        "machine",
        "mksquashfs is not installed, or not on PATH (its folder may be /usr/sbin or /sbin)",
        "the administrator installs squashfs-tools",
        (
            (
                'FATAL:   Unable to create build: while searching for mksquashfs: exec: "mksquashfs": executable '
                "file not found in $PATH"
            ),
        ),
        commands=("PATH=$PATH:/usr/sbin:/sbin command -v mksquashfs",),
        rules=("ENV106",),
        words=(
            "executable file not found",
            "while searching for mksquashfs",
        ),
    ),
    Message(
        "squashfs-failed",
        pattern(r"while creating squashfs: (?P<words>.*)|FATAL ERROR: ?Failed to write to output filesystem"),
        "squashfs",
        "mksquashfs failed; its words follow",
        (
            "look at the free space and your quota in the temporary folder, and at the arguments that were "
            "given to mksquashfs"
        ),
        (
            (
                "FATAL:   While performing build: while creating squashfs: /usr/bin/mksquashfs command failed: "
                "exit status 1: mksquashfs: -mem invalid"
            ),
            "FATAL ERROR: Failed to write to output filesystem",
        ),
        commands=("df -h FOLDER",),
        rules=("BLD102",),
        weight=4,
        words=(
            "Failed to write to output filesystem",
            "while creating squashfs: ",
        ),
    ),
    Message(
        "output-not-writable",
        pattern(
            r"while creating SIF: while creating container: open (?P<path>.+?): (?P<why>permission denied"
            r"|read-only file system)"
        ),
        "output",
        "the whole build was done, and the image cannot be written to {path}: {why}",
        "write to a folder of your own; try it beforehand",
        (
            (
                "FATAL:   While performing build: while creating SIF: while creating container: open "
                "/mnt/out/built.sif: permission denied"
            ),
            (
                "FATAL:   While performing build: while creating SIF: while creating container: open /x/a.sif: "
                "read-only file system"
            ),
        ),
        commands=("ls -ld $(dirname {path})",),
        rules=("BLD103",),
        words=("while creating SIF: while creating container: open ",),
    ),
    Message(
        "output-folder-missing",
        pattern(
            r"while creating SIF: while creating container: open (?P<path>.+?): no such file or directory"
        ),
        "output",
        "the whole build was done, and the folder that the image {path} was to go into is not there",
        "make the folder, or mend the path",
        (
            (
                "FATAL:   While performing build: while creating SIF: while creating container: open "
                "/x/none/a.sif: no such file or directory"
            ),
        ),
        commands=("mkdir -p $(dirname {path})",),
        rules=("BLD103",),
        words=("while creating SIF: while creating container: open ",),
    ),
    Message(
        "output-no-space",
        pattern(
            r"while creating SIF: while creating container: (?:writing data object .*: )?(?:write|close"
            r"|copy\S*) ?(?P<path>.*?): (?P<why>no space left on device|disk quota exceeded)"
        ),
        "output",
        (
            "the whole build was done, and there is no room for the image where it was to go ({path}: "
            "{why}); with --force the old image is gone already"
        ),
        "make room there, or write to another folder",
        (
            (
                "FATAL:   While performing build: while creating SIF: while creating container: write "
                "/mnt/out/built.sif: no space left on device"
            ),
            (
                "FATAL:   While performing build: while creating SIF: while creating container: write /x/a.sif: "
                "disk quota exceeded"
            ),
        ),
        commands=("df -h $(dirname {path})",),
        rules=("BLD103",),
        words=("while creating SIF: while creating container: ",),
    ),
    Message(
        "output-exists",
        pattern(r"build target '(?P<path>.*)' already exists"),
        "output",
        "the image {path} is there already, and without a terminal nobody can be asked",
        (
            "write under another name and rename, or add --force: the runtime deletes the old image then before "
            "the new one is written, and `sifcheck build` keeps it until the new one is whole"
        ),
        (
            (
                "FATAL:   While checking build target: build target 'built.sif' already exists. Use --force if "
                "you want to overwrite it"
            ),
        ),
        commands=("apptainer build new.sif FILE.def && mv new.sif {path}",),
        rules=("BLD308",),
        words=("' already exists",),
    ),
    Message(
        "output-is-folder",
        pattern(r"(?<!\S)(?P<path>\S+) is not empty and is not an? \w+ sandbox"),
        "output",
        "the output {path} is a folder with something else in it; --force would delete it",
        "name a file that ends with .sif, or for --sandbox a folder that is not there yet",
        (
            (
                "FATAL:   While checking build target: /home/u/work is not empty and is not an Apptainer "
                "sandbox, check its content first and use --force if you want to overwrite it"
            ),
        ),
        rules=("BLD103", "BLD303"),
        words=(" is not empty and is not a",),
    ),
    Message(
        "output-failed",
        pattern(r"while creating SIF: (?P<words>.*)"),
        "output",
        "the whole build was done, and the image could not be written: {words}",
        "look at the folder of the output: its mode, its free space, your quota",
        ("FATAL:   While performing build: while creating SIF: something new",),
        rules=("BLD103",),
        weight=3,
        source=READ,
        words=("while creating SIF: ",),
    ),
    Message(
        "leftovers",
        pattern(r"Could not remove bundle: (?P<words>.*)"),
        "output",
        (
            "the folders of the build were left behind in the temporary folder, often some gigabytes; parts "
            "belong to subordinate ids"
        ),
        "remove them by a namespace of the same ids",
        ("ERROR:   Could not remove bundle: open /x/build-temp-1/rootfs: permission denied",),
        commands=("unshare -U --map-root-user --map-auto rm -rf FOLDER/build-temp-*",),
        rules=("ENV206",),
        kind="note",
        weight=1,
        words=("Could not remove bundle: ",),
    ),
    Message(
        "no-signing-key",
        pattern(r"Failed to sign container: (?P<why>keyring is empty|.*no key.*)"),
        "output",
        "the image was built; there is no key of yours to sign it with",
        "make a key, once",
        ("FATAL:   Failed to sign container: keyring is empty",),
        commands=("apptainer key newpair", "apptainer sign IMAGE.sif"),
        rules=("ENV404",),
        words=("Failed to sign container: ",),
    ),
    Message(
        "not-signed",
        pattern(r"Failed to verify container: (?P<why>.*)"),
        "output",
        "the image could not be verified: {why}",
        "sign it, or import the signer's key",
        ("FATAL:   Failed to verify container: integrity: signature not found for object group 1",),
        commands=("apptainer sign IMAGE.sif",),
        rules=("IMG201",),
        words=("Failed to verify container: ",),
    ),
    # -- running what was built
    Message(
        "image-missing",
        pattern(
            r"could not open image (?P<path>.+?): .*no such file or directory|(?<!\S)(?P<older>\S+\.(?:sif"
            r"|simg)): no such file or directory"
        ),
        "run",
        "the image {path}{older} is not there: most often because the build before it failed",
        "look at the failure of the build first; then at the path",
        (
            (
                "FATAL:   While checking container encryption: could not open image /mnt/none.sif: failed to "
                "retrieve path for /mnt/none.sif: lstat /mnt/none.sif: no such file or directory"
            ),
        ),
        commands=("ls -l {path}{older}",),
        rules=("JOB106",),
        weight=4,
        words=(
            ": no such file or directory",
            "no such file or directory",
        ),
    ),
    Message(
        "image-not-mountable",
        pattern(
            r"squashfuse\S* .*exited with error|fuse: (?:mount failed|device not found)|failed to mount image "
            r"through fuse"
        ),
        "run",
        "the image cannot be mounted: /dev/fuse is missing or closed on this node, or the image is damaged",
        "unpack it for the run with --unsquash, or use a node with /dev/fuse",
        (
            (
                "FATAL:   container creation failed: image driver mount failure: image driver squashfuse_ll "
                "instance exited with error: squashfuse_ll exited: fuse: mount failed: Invalid argument"
            ),
        ),
        commands=("ls -l /dev/fuse",),
        rules=("IMG103", "IMG102"),
        words=(
            "device not found",
            "exited with error",
            "failed to mount image through fuse",
            "mount failed",
        ),
    ),
    Message(
        "image-not-read-by-kernel",
        pattern(
            r"kernel reported a bad superblock for squashfs|failed to mount squashfs filesystem: (?P<why>.*)"
        ),
        "run",
        (
            "the kernel cannot mount the image: it is damaged, compressed in a way that this kernel does not "
            "know, or encrypted"
        ),
        (
            "compare its size or checksum with the original; build it anew on this kind of node, compressed "
            "by gzip"
        ),
        (
            (
                "FATAL:   container creation failed: mount error: can't mount image /proc/self/fd/8: failed to "
                "mount squashfs filesystem: invalid argument"
            ),
            (
                "FATAL:   container creation failed: mount /proc/self/fd/3->/mnt/session/rootfs error: while "
                "mounting image /proc/self/fd/3: kernel reported a bad superblock for squashfs image partition"
            ),
        ),
        commands=("sifcheck check IMAGE.sif",),
        rules=("IMG102", "IMG103"),
        source=REPORTED,
        words=(
            "failed to mount squashfs filesystem: ",
            "kernel reported a bad superblock for squashfs",
        ),
    ),
    Message(
        "image-busy",
        pattern(
            r"while locking .* partition|for exclusive lock|currently in use for (?:writing|reading) by "
            r"another process"
        ),
        "run",
        "another process has the image or its overlay open for writing",
        "give every process an overlay of its own, or bind a folder for what is written",
        (
            (
                "FATAL:   while loading overlay images: failed to open overlay image x.ext3: while locking ext3 "
                "partition from x.ext3: can't open x.ext3 for reading, currently in use for writing by another "
                "process"
            ),
        ),
        source=READ,
        weight=7,
        words=(
            "currently in use for ",
            "for exclusive lock",
            "while locking ",
        ),
    ),
    Message(
        "program-not-in-image",
        pattern(r'FATAL\b.{0,80}? "?(?P<program>[^"\s]+)"?: executable file not found in \$PATH'),
        "run",
        "the image has no program {program} on its PATH",
        "name it by its whole path; look whether %environment overwrites PATH",
        ('FATAL:   "python": executable file not found in $PATH',),
        rules=("DEF604", "IMG301"),
        words=(": executable file not found in $PATH",),
    ),
    Message(
        "runscript-not-run",
        pattern(r"exec (?P<path>/\.singularity\.d/\S+) failed: (?P<why>.*)"),
        "run",
        "{path} could not be started: the program behind its `#!` or a library of it is not in the image",
        "look at the first line of %runscript",
        ("FATAL:   exec /.singularity.d/runscript failed: a shared library is likely missing in the image",),
        rules=("DEF702", "IMG301"),
        words=("/.singularity.d/",),
    ),
)
