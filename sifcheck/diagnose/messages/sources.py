"""What downloads and compilers say inside of %post."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import REPORTED, Message

MESSAGES = (
    Message(
        "no-name-service",
        pattern(
            r"Temporary failure (?:in name resolution|resolving '(?P<apt>[^']*)')|Could not resolve "
            r"host(?:name)?:? '?(?P<host>[^\s']+)|Name or service not known|unable to resolve host address "
            r"'?(?P<wget>[^\s'\xe2]+)|bad address '(?P<busybox>[^']*)'|Could not resolve '(?P<old>[^']*)'"
        ),
        "post",
        (
            "%post finds no address for {apt}{host}{wget}{busybox}{old}: this node has no way out, or the "
            "image no resolv.conf"
        ),
        (
            "build where the network is (a login node), or name the site's proxy in http_proxy and "
            "https_proxy before the build"
        ),
        (
            "curl: (6) Could not resolve host: example.org",
            (
                "Err:1 http://deb.debian.org/debian bookworm InRelease  Temporary failure resolving "
                "'deb.debian.org'"
            ),
            "wget: bad address 'example.org'",
        ),
        commands=("env | grep -i _proxy", "sifcheck doctor"),
        rules=("ENV401",),
        kind="cause",
        source=REPORTED,
        words=(
            "Could not resolve '",
            "Could not resolve host",
            "Name or service not known",
            "Temporary failure ",
            "bad address '",
            "unable to resolve host address ",
        ),
    ),
    Message(
        "no-connection",
        pattern(
            r"curl: \((?:7|28|56)\) (?P<curl>.*)|can't connect to remote host|Failed to connect to "
            r"(?P<host>\S+)|(?:Connection timed out|Network is unreachable)|Could not connect to (?P<apt>\S+)"
            r"|NewConnectionError|ConnectTimeoutError"
        ),
        "post",
        "%post gets no connection {host}{apt}: this node has no way out, or a proxy is needed",
        "build where the network is, or name the site's proxy in http_proxy and https_proxy before the build",
        (
            "curl: (28) Connection timed out after 30001 milliseconds",
            "wget: can't connect to remote host (127.0.0.1): Connection refused",
            "E: Could not connect to deb.debian.org:80 (146.75.1.1), connection timed out",
        ),
        commands=("env | grep -i _proxy",),
        rules=("ENV401",),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=(
            "ConnectTimeoutError",
            "Connection timed out",
            "Could not connect to ",
            "Failed to connect to ",
            "Network is unreachable",
            "NewConnectionError",
            "can't connect to remote host",
            "curl: (",
        ),
    ),
    Message(
        "certificate-in-post",
        pattern(
            r"curl: \((?:35|60)\) (?P<curl>.*)|SSL certificate problem: (?P<git>.*)|CERTIFICATE_VERIFY_FAILED"
            r"|cannot verify (?P<host>\S+?)'s certificate"
        ),
        "post",
        (
            "a download is refused because its certificate cannot be checked: the image has no "
            "ca-certificates, or the site's proxy has its own"
        ),
        "install ca-certificates first; do not switch the check off",
        ("curl: (60) SSL certificate problem: unable to get local issuer certificate",),
        commands=("apt-get install -y ca-certificates",),
        rules=("DEF905", "ENV401"),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "'s certificate",
            "CERTIFICATE_VERIFY_FAILED",
            "SSL certificate problem: ",
            "curl: (",
        ),
    ),
    Message(
        "download-refused",
        pattern(
            r"curl: \(22\) (?:The requested URL returned error: )?(?P<curl>.*)|ERROR (?P<wget>[45]\d\d): "
            r"|server returned error: HTTP/\S+ (?P<busybox>.*)"
        ),
        "post",
        (
            "the server does not give the file ({curl}{wget}{busybox}): 404 is a moved or mistyped address, "
            "403 and 429 a limit"
        ),
        "try the address by hand; fix the version in it",
        (
            "curl: (22) The requested URL returned error: 404",
            "2026-01-01 10:00:00 ERROR 404: Not Found.",
        ),
        rules=("DEF906", "DEF904"),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(
            "ERROR ",
            "curl: (22) ",
            "server returned error: HTTP/",
        ),
    ),
    Message(
        "clone-failed",
        pattern(
            r"fatal: (?:unable to access '(?P<url>[^']*)'|repository '(?P<gone>[^']*)' not found|could not "
            r"read Username for '(?P<login>[^']*)'|Could not read from remote repository|Remote branch "
            r"(?P<branch>\S+) not found)|Permission denied \(publickey"
        ),
        "post",
        (
            "git could not fetch {url}{gone}{login}{branch}: it is not there, is private, or this node has "
            "no way to it; keys of yours are not in the build"
        ),
        "clone it on the host and bring it in with %files",
        (
            "fatal: could not read Username for 'https://github.example': No such device or address",
            "fatal: repository 'https://github.example/a/b/' not found",
            "git@host.example: Permission denied (publickey).",
        ),
        rules=("DEF903", "ENV401"),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=(
            "Could not read from remote repository",
            "Permission denied (publickey",
            "Remote branch ",
            "could not read Username for '",
            "repository '",
            "unable to access '",
        ),
    ),
    Message(
        "library-to-link-missing",
        pattern(r"cannot find -l(?P<library>\S+?)(?::|$)"),
        "post",
        "the linker finds no library {library}: its development package is not installed",
        "install it (lib{library}-dev, {library}-devel)",
        ("/usr/bin/ld: cannot find -lhdf5: No such file or directory", "/usr/bin/ld: cannot find -lz"),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=("cannot find -l",),
    ),
    Message(
        "header-missing",
        pattern(r"fatal error: (?P<header>\S+\.(?:h|hpp|hh|mod)): No such file or directory"),
        "post",
        "the compiler finds no {header}: a development package is not installed",
        "install the -dev or -devel package that brings it",
        ("src/a.c:1:10: fatal error: hdf5.h: No such file or directory",),
        kind="cause",
        weight=6,
        source=REPORTED,
        words=(": No such file or directory",),
    ),
    Message(
        "configure-failed",
        pattern(
            r"configure: error: (?P<words>.*)|CMake Error at (?P<place>.*)|ERROR: Dependency "
            r"\"(?P<meson>[^\"]*)\" not found"
        ),
        "post",
        "the build system of a program gave up: {words}{place}{meson}",
        "install what it misses; the lines below it say more",
        (
            "configure: error: C compiler cannot create executables",
            "CMake Error at CMakeLists.txt:4 (find_package):",
        ),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=(
            "CMake Error at ",
            'ERROR: Dependency "',
            "configure: error: ",
        ),
    ),
    Message(
        "python-module-missing",
        pattern(r"ModuleNotFoundError: No module named '(?P<module>[^']*)'"),
        "post",
        "Python has no module {module}",
        "install it in %post; what lies in your home is not in the build",
        ("ModuleNotFoundError: No module named 'numpy'",),
        rules=("DEF609",),
        kind="cause",
        weight=5,
        source=REPORTED,
        words=("ModuleNotFoundError: No module named '",),
    ),
    Message(
        "make-failed",
        pattern(r"make(?:\[\d+\])?: \*\*\* (?P<words>.*)|ninja: build stopped: (?P<ninja>.*)"),
        "post",
        "a compilation failed; its first error stands further up, since several ran at once",
        "look for the first `error:` above this line; make with -j1 to see them in order",
        (
            "make[2]: *** [CMakeFiles/x.dir/build.make:76: a.o] Error 1",
            "ninja: build stopped: subcommand failed.",
        ),
        kind="cause",
        weight=3,
        source=REPORTED,
        words=(
            ": *** ",
            "ninja: build stopped: ",
        ),
    ),
)
