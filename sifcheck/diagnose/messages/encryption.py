"""What a log says of an image that was to be encrypted."""

from __future__ import annotations

from sifcheck.base.startup import pattern
from sifcheck.diagnose.message import Message

_KEYS = (
    "give it one: --pem-path FILE with a public RSA key (PKCS#1), --passphrase in a terminal, or "
    "APPTAINER_ENCRYPTION_PASSPHRASE in the environment"
)

MESSAGES = (
    Message(
        "encryption-without-key",
        pattern(r"Missing encryption info, please add"),
        "call",
        (
            "--encrypt was given and no key: Apptainer writes no image, says that the build is complete all the "
            "same, and ends with status 0"
        ),
        _KEYS,
        (
            (
                "ERROR:   Missing encryption info, please add `--passphrase` or `--pem-path` or corresponding "
                "environment variable"
            ),
        ),
        weight=9,
        flavours=("apptainer",),
        words=("Missing encryption info, please add",),
    ),
    Message(
        "encryption-passphrase-empty",
        pattern(r"Cannot encrypt container with empty passphrase"),
        "call",
        "--passphrase asks for the passphrase, and nobody answered: there is no terminal in a job",
        "set APPTAINER_ENCRYPTION_PASSPHRASE and give --encrypt, or take a key with --pem-path",
        ("FATAL:   Cannot encrypt container with empty passphrase",),
        words=("Cannot encrypt container with empty passphrase",),
    ),
    Message(
        "encryption-key-missing",
        pattern(r"Specified PEM file (?P<path>.*): does not exist"),
        "call",
        "the key {path} is not there",
        "name a file with a public RSA key: a path counts from the folder in which the build is started",
        ("FATAL:   Specified PEM file nokey.pem: does not exist.",),
        commands=("openssl rsa -in KEY.pem -RSAPublicKey_out -out PUBLIC.pem",),
        words=("Specified PEM file ",),
    ),
    Message(
        "encryption-key-unusable",
        pattern(r"Invalid encryption public key: (?P<why>[^{(]{1,80})"),
        "call",
        "what --pem-path names is no public RSA key: {why}",
        "the file has to hold the public half, in PKCS#1",
        (
            "FATAL:   Invalid encryption public key: could not read g.pem: no PEM data",
            "FATAL:   Invalid encryption public key: asn1: structure error: tags don't match (2 vs {class:0 tag:16})",
        ),
        commands=("openssl rsa -in KEY.pem -RSAPublicKey_out -out PUBLIC.pem",),
        words=("Invalid encryption public key: ",),
    ),
    Message(
        "encryption-program-missing",
        pattern(r"while employing gocryptfs to create image, err: (?P<why>.*)"),
        "output",
        "who is not root encrypts with gocryptfs, which was not found or could not be started: {why}",
        "have gocryptfs installed where the build runs, or build as root, which encrypts with the kernel's own means",
        (
            (
                "FATAL:   While performing build: while employing gocryptfs to create image, err: imagedriver is "
                "not initialized"
            ),
        ),
        commands=("command -v gocryptfs",),
        flavours=("apptainer",),
        words=("while employing gocryptfs to create image, err: ",),
    ),
)
