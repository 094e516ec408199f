"""What the runtimes say when the base image cannot be fetched, and the files of %files not copied."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import READ, REPORTED, Message

MESSAGES = (
    Message(
        "wrong-architecture-missing",
        pattern(
            r"no child with platform (?P<platform>\S+) in index (?P<image>\S+)|no image found in manifest "
            r"list for architecture (?P<arch>[^,]+)"
        ),
        "fetch",
        "the base image is not published for this architecture ({platform}{arch})",
        (
            "build on a node of an architecture that it has, or take another base; --arch does not make the "
            "missing one"
        ),
        (
            (
                "FATAL:   While performing build: conveyor failed to get: no child with platform linux/arm64 in "
                "index registry.example/a/b:1"
            ),
            (
                "FATAL:   While performing build: conveyor failed to get: choosing an image from manifest list "
                'docker://a: no image found in manifest list for architecture arm64, variant "v8", OS linux'
            ),
        ),
        commands=("uname -m",),
        rules=("BLD201",),
        words=(
            "child with platform ",
            "image found in manifest list for architecture ",
        ),
    ),
    Message(
        "pull-limit",
        pattern(
            r"toomanyrequests|429 Too Many Requests|You have reached your (?:unauthenticated )?pull rate limit"
        ),
        "fetch",
        (
            "the registry gives no more images for now: too many were pulled without a login from this "
            "address, which all nodes share"
        ),
        (
            "log in, or wait some hours, or take the image from a mirror of the site; pull once and build "
            "from the local SIF"
        ),
        (
            (
                "FATAL:   While performing build: conveyor failed to get: reading manifest 22.04 in "
                "docker.io/library/ubuntu: toomanyrequests: You have reached your unauthenticated pull rate "
                "limit."
            ),
        ),
        commands=("apptainer registry login --username NAME docker://docker.io",),
        rules=("ENV402", "JOB110"),
        source=REPORTED,
        weight=8,
        words=(
            "429 Too Many Requests",
            "You have reached your ",
            "toomanyrequests",
        ),
    ),
    Message(
        "image-unknown",
        pattern(
            r"MANIFEST_UNKNOWN|manifest unknown|NAME_UNKNOWN|reading manifest (?P<tag>\S+) in (?P<image>\S+): "
            r".*not found"
        ),
        "fetch",
        "the registry has no image of that name or tag",
        "mend the spelling of name and tag; tags are taken away too: look which ones there are",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: GET "
                "registry.example/v2/a/b/manifests/9: MANIFEST_UNKNOWN: manifest unknown"
            ),
            (
                "FATAL:   While making image from oci registry: error fetching image to cache: reading manifest "
                "99 in a/b: manifest unknown"
            ),
        ),
        rules=("DEF208", "DEF205"),
        words=(
            "MANIFEST_UNKNOWN",
            "NAME_UNKNOWN",
            "manifest unknown",
            "reading manifest ",
        ),
    ),
    Message(
        "registry-refuses",
        pattern(
            r"UNAUTHORIZED|401 Unauthorized|403 Forbidden|requested access to the resource is denied|DENIED: "
            r"|unauthorized: (?P<why>.*)"
        ),
        "fetch",
        (
            "the registry does not give this image to you: it is private, or it does not exist (the answer "
            "is the same for both)"
        ),
        "check the spelling first, then log in",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: GET "
                "registry.example/v2/a/b/manifests/1: UNAUTHORIZED: authentication required"
            ),
            (
                "FATAL:   While performing build: conveyor failed to get: reading manifest latest in a/b: "
                "requested access to the resource is denied"
            ),
        ),
        commands=("apptainer registry login --username NAME docker://REGISTRY",),
        rules=("DEF208",),
        words=(
            "401 Unauthorized",
            "403 Forbidden",
            "DENIED: ",
            "UNAUTHORIZED",
            "requested access to the resource is denied",
            "unauthorized: ",
        ),
    ),
    Message(
        "library-without-remote",
        pattern(r"remote has no library client|no default remote|Unable to get library client configuration"),
        "fetch",
        "no library is set up, so `library://` images cannot be fetched",
        "add the remote that the image is from, or take it from a docker registry",
        ("FATAL:   Unable to get library client configuration: remote has no library client",),
        commands=("apptainer remote list",),
        rules=("DEF209",),
        words=(
            "Unable to get library client configuration",
            "no default remote",
            "remote has no library client",
        ),
    ),
    Message(
        "registry-plain-http",
        pattern(r"server gave HTTP response to HTTPS client"),
        "fetch",
        "the registry speaks plain HTTP only",
        "allow it for this build; the image is then not protected on its way",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: Get "
                '"https://registry.example:5000/v2/": http: server gave HTTP response to HTTPS client'
            ),
        ),
        commands=("apptainer build --no-https IMAGE.sif FILE.def",),
        words=("server gave HTTP response to HTTPS client",),
    ),
    Message(
        "certificate",
        pattern(r"x509: (?P<why>.*)|tls: failed to verify certificate"),
        "fetch",
        "the certificate of the server cannot be trusted from here: {why}",
        (
            "look at the clock of this node first; then the site's own proxy or registry may need its "
            "certificate installed"
        ),
        (
            (
                'FATAL:   While performing build: conveyor failed to get: Get "https://registry.example/v2/": '
                "x509: certificate signed by unknown authority"
            ),
        ),
        commands=("date",),
        rules=("ENV401",),
        source=REPORTED,
        words=(
            "tls: failed to verify certificate",
            "x509: ",
        ),
    ),
    Message(
        "proxy-refused",
        pattern(r"proxyconnect tcp: (?P<why>.*)"),
        "fetch",
        "the proxy that the environment names does not answer",
        "mend https_proxy, or take it away where this node has a way out of its own",
        (
            (
                'FATAL:   While performing build: conveyor failed to get: Get "https://registry.example/v2/": '
                "proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused"
            ),
        ),
        commands=("env | grep -i _proxy",),
        rules=("ENV401",),
        weight=8,
        words=("proxyconnect tcp: ",),
    ),
    Message(
        "registry-unreachable",
        pattern(
            r"dial tcp:? (?:lookup )?(?P<host>\S+?)(?: on \S+)?: (?P<why>(?:connect: )?(?:connection refused"
            r"|connection timed out|no route to host|network is unreachable)|no such host|i/o timeout|lookup "
            r".*)|(?P<late>TLS handshake timeout|Client\.Timeout exceeded)"
        ),
        "fetch",
        "this node has no way to the registry {host} ({why}{late}); compute nodes often have none",
        (
            "pull the image on a login node and build from the local file; or name the site's proxy in "
            "https_proxy"
        ),
        (
            (
                'FATAL:   While performing build: conveyor failed to get: Get "https://127.0.0.1:9/v2/": dial '
                "tcp 127.0.0.1:9: connect: connection refused"
            ),
            (
                'FATAL:   While performing build: conveyor failed to get: Get "https://a.example/v2/": dial tcp: '
                "lookup a.example on 10.255.255.53:53: no such host"
            ),
            (
                'FATAL:   While performing build: conveyor failed to get: Get "https://a.example/v2/": net/http: '
                "TLS handshake timeout"
            ),
        ),
        commands=("apptainer pull base.sif docker://IMAGE:TAG", "apptainer build IMAGE.sif FILE.def"),
        rules=("ENV401",),
        words=(
            "Client.Timeout exceeded",
            "TLS handshake timeout",
            "dial tcp",
        ),
    ),
    Message(
        "bad-reference",
        pattern(r"could not parse reference: (?P<image>.*)|invalid reference format"),
        "fetch",
        "`From:` holds no name of an image: {image}",
        "write [REGISTRY/]NAME:TAG in small letters, without docker:// and without quotes",
        ("FATAL:   While performing build: conveyor failed to get: could not parse reference: Alpine:3",),
        rules=("DEF205",),
        words=(
            "could not parse reference: ",
            "invalid reference format",
        ),
    ),
    Message(
        "archive-with-tag",
        pattern(
            r"conveyor failed to get: stat (?P<folder>\S+):(?P<tag>[^/:]+)/index\.json: no such file or "
            r"directory"
        ),
        "fetch",
        "this version takes the tag `{tag}` behind an OCI archive or folder for a part of its name",
        "leave the tag out: name the file or folder only",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: stat /x/temp-oci-12:latest/index.json: "
                "no such file or directory"
            ),
        ),
        rules=("DEF205",),
        flavours=("apptainer",),
        words=("/index.json: no such file or directory",),
    ),
    Message(
        "archive-missing",
        pattern(r"error reading the docker archive file: open (?P<path>.+?): no such file or directory"),
        "fetch",
        "the archive {path} is not there",
        "a relative path is looked up from the folder in which the command runs",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: error reading the docker archive file: "
                "open nosuch.tar: no such file or directory"
            ),
        ),
        commands=("ls -l {path}",),
        rules=("DEF205",),
        words=("error reading the docker archive file: open ",),
    ),
    Message(
        "no-docker-daemon",
        pattern(r"Cannot connect to the Docker daemon"),
        "fetch",
        "`docker-daemon` wants a running Docker, and clusters have none",
        (
            "export the image with `docker save` where Docker runs, and use `Bootstrap: docker-archive`; or "
            "push it to a registry"
        ),
        (
            (
                "FATAL:   While performing build: conveyor failed to get: error saving the docker archive file: "
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
                "running?"
            ),
        ),
        rules=("DEF204",),
        words=("Cannot connect to the Docker daemon",),
    ),
    Message(
        "localimage-missing",
        pattern(r"conveyor failed to get: failed to retrieve path for (?P<path>.+?): lstat"),
        "fetch",
        "the local image {path} is not there; ~ and variables are not expanded, quotes are part of the name",
        "name it by its whole path, or from the folder in which the command runs",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: failed to retrieve path for "
                "/mnt/none.sif: lstat /mnt/none.sif: no such file or directory"
            ),
        ),
        commands=("ls -l {path}",),
        rules=("DEF208", "DEF205"),
        words=("conveyor failed to get: failed to retrieve path for ",),
    ),
    Message(
        "image-format-unknown",
        pattern(r"image format not recognized|Unknown image format/type"),
        "fetch",
        "the local image is no image that the runtime knows: another kind of file, or a copy that broke off",
        "look at its size and at its kind",
        (
            "FATAL:   While performing build: conveyor failed to get: image format not recognized",
            "ERROR  : Unknown image format/type: tracker.sif",
        ),
        commands=("file BASE.sif", "sifcheck check BASE.sif"),
        rules=("IMG102",),
        words=(
            "Unknown image format/type",
            "image format not recognized",
        ),
    ),
    Message(
        "base-of-another-architecture",
        pattern(
            r"image targets '(?P<image>\w+)', cannot run on '(?P<host>\w+)'|the image's architecture "
            r"\((?P<other>\w+)\) could not run on the host's \((?P<here>\w+)\)"
        ),
        "post",
        "the image is made for {image}{other} and this machine is {host}{here}",
        "build on a node of the image's architecture, or take a base that is published for this one",
        (
            "FATAL:   image targets 'arm64', cannot run on 'amd64'",
            (
                "FATAL:   While performing build: conveyor failed to get: the image's architecture (arm64) could "
                "not run on the host's (amd64)"
            ),
        ),
        commands=("uname -m",),
        rules=("BLD202", "IMG101"),
        weight=8,
        words=(
            "', cannot run on '",
            ") could not run on the host's (",
        ),
    ),
    Message(
        "base-signature",
        pattern(r"while checking fingerprint: (?P<why>.*)"),
        "fetch",
        "the definition asks for signatures by `Fingerprints:`, and the base has them not: {why}",
        "import the signer's key, or mend the fingerprints",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: while checking fingerprint: image not "
                "signed by required entities"
            ),
        ),
        commands=("apptainer verify BASE.sif",),
        rules=("IMG203", "IMG201"),
        words=("while checking fingerprint: ",),
    ),
    Message(
        "bootstrap-key-missing",
        pattern(
            r"invalid (?P<agent>\w+) header, no (?P<key>\w+(?: url)?) specified|(?P<sle>'Product', 'User' and "
            r"'Regcode' need to be set)"
        ),
        "fetch",
        "the bootstrap agent {agent} needs a key in the header that is not there: {key}{sle}",
        "add it to the header: OSVersion, MirrorURL and Include are what the agents ask for",
        (
            (
                "FATAL:   While performing build: conveyor failed to get: invalid debootstrap header, no "
                "mirrorurl specified"
            ),
            (
                "FATAL:   While performing build: conveyor failed to get: for installation of SLE 'Product', "
                "'User' and 'Regcode' need to be set"
            ),
        ),
        rules=("DEF206",),
        words=(
            " header, no ",
            "'Product', 'User' and 'Regcode' need to be set",
        ),
    ),
    Message(
        "bootstrap-tool-missing",
        pattern(
            r"neither yum nor dnf in path|(?P<tool>debootstrap|zypper|pacstrap|rpm) (?:is )?not (?:found )?in "
            r"(?:\$)?PATH"
        ),
        "fetch",
        "this bootstrap runs a package manager of the host, and the host has it not",
        "use `Bootstrap: docker` with an image of that distribution",
        ("FATAL:   While performing build: conveyor failed to get: neither yum nor dnf in path",),
        rules=("DEF210",),
        words=(
            "PATH",
            "neither yum nor dnf in path",
        ),
    ),
    Message(
        "bootstrap-failed",
        pattern(
            r"while (?P<agent>debootstrapping|bootstrapping(?: from \w+)?|pacstrapping): exit status "
            r"(?P<status>\d+)"
        ),
        "fetch",
        "the host's own package manager failed while it made the base; its words stand above",
        "such bootstraps want root or subordinate ids; `Bootstrap: docker` does not",
        ("FATAL:   While performing build: conveyor failed to get: while debootstrapping: exit status 1",),
        rules=("DEF210", "BLD307"),
        weight=4,
        words=(": exit status ",),
    ),
    Message(
        "fetch-failed",
        pattern(
            r"conveyor failed to get: (?P<words>.*)|(?:While making image from oci registry|error fetching "
            r"image to cache): (?P<more>.*)"
        ),
        "fetch",
        "the base image could not be fetched: {words}{more}",
        "check the name of the image, and try the same with a plain pull",
        ("FATAL:   While performing build: conveyor failed to get: something that no version said so far",),
        commands=("apptainer pull base.sif docker://IMAGE:TAG",),
        rules=("DEF208", "ENV401"),
        weight=2,
        source=READ,
        words=(
            "While making image from oci registry",
            "conveyor failed to get: ",
            "error fetching image to cache",
        ),
    ),
    Message(
        "files-source-denied",
        pattern(r"cp: cannot (?:stat|open|access) '(?P<path>.+?)'(?: for reading)?: Permission denied"),
        "files",
        (
            "%files may not read {path}: it is closed to you, or open by a group that does not count inside "
            "of the build"
        ),
        "copy it to a folder of your own first",
        (
            (
                "FATAL:   While performing build: unable to copy files from host to container fs: while copying "
                "[/a] to /x: [-fLr /a /x]: /usr/bin/cp: cannot stat '/a': Permission denied"
            ),
        ),
        commands=("namei -l {path}",),
        rules=("DEF301", "ENV101"),
        weight=8,
        words=(": Permission denied",),
    ),
    Message(
        "files-source-missing",
        pattern(
            r"while copying .*cp: cannot stat '(?P<path>.+?)': No such file or directory|no source files "
            r"found matching:? (?P<older>.+)"
        ),
        "files",
        "%files names {path}{older}, which is not there, seen from the folder in which the command runs",
        (
            "mend the path; quotes and blanks part a line into source and target differently from version to "
            "version"
        ),
        (
            (
                "FATAL:   While performing build: unable to copy files from host to container fs: while copying "
                "[/mnt/none.txt] to /x: [-fLr /mnt/none.txt /x]: /usr/bin/cp: cannot stat '/mnt/none.txt': No "
                "such file or directory"
            ),
            (
                "FATAL:   While performing build: unable to copy files from host to container fs: while copying "
                "a.txt: no source files found matching: a.txt"
            ),
        ),
        commands=("ls -l {path}{older}",),
        rules=("DEF301", "DEF305"),
        words=(
            "': No such file or directory",
            "no source files found matching",
        ),
    ),
    Message(
        "files-stage-unknown",
        pattern(r"stage (?P<stage>\S+) was not found"),
        "files",
        "`%files from {stage}` names no earlier stage",
        "write the name as `Stage:` gives it; capitals count, numbers are no names",
        (
            (
                "FATAL:   While performing build: unable to copy files from stage to container fs: stage nosuch "
                "was not found"
            ),
        ),
        rules=("DEF302",),
        words=(" was not found",),
    ),
    Message(
        "files-stage-source-missing",
        pattern(
            r"copy files from stage to container fs: while copying .*: stat \S+?/rootfs(?P<path>/.*): no such "
            r"file or directory"
        ),
        "files",
        "the stage has no {path} when it is finished",
        "look whether that stage makes it, and below which folder it installs",
        (
            (
                "FATAL:   While performing build: unable to copy files from stage to container fs: while copying "
                "[/x/build-temp-1/rootfs/nope] to /x/build-temp-2/rootfs/opt/nope: stat "
                "/x/build-temp-1/rootfs/nope: no such file or directory"
            ),
        ),
        rules=("DEF302", "DEF301"),
        words=("copy files from stage to container fs: while copying ",),
    ),
    Message(
        "files-line-misread",
        pattern(r"while expanding source path with bash: (?P<word>.+?): (?:\d+:\d+: )?(?P<why>.*)"),
        "files",
        "a source in %files is read as a pattern of bash, and {word} is none: {why}",
        "put a backslash before quotes, parentheses, blanks and & in names, or rename the file",
        (
            (
                "FATAL:   While performing build: unable to copy files from host to container fs: while "
                "expanding source path with bash: it's.txt: 2:12: reached EOF without closing quote '"
            ),
        ),
        rules=("DEF305",),
        words=("while expanding source path with bash: ",),
    ),
    Message(
        "files-failed",
        pattern(r"unable to copy files from (?P<origin>host|stage) to container fs: (?P<words>.*)"),
        "files",
        "%files could not be copied: {words}",
        "look at the paths and at the free space of the temporary folder",
        ("FATAL:   While performing build: unable to copy files from host to container fs: something new",),
        rules=("DEF301",),
        weight=2,
        source=READ,
        words=("unable to copy files from ",),
    ),
)
