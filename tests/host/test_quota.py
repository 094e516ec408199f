"""The quota of a real file system, asked of the kernel."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess

import pytest
from host.situation import HERE, LIBRARY, account, snapshot, tmpfs

from sifcheck.base import kernel

SET_QUOTA = 0x800008 << 8
LIMITS = 1 | 4


def limited(blocks, inodes):
    """A prepare: an ext4 with a quota for the account, on a loop device that goes with its last mount."""
    entry = account()

    def prepare():
        tmpfs("/mnt", "mode=755,size=80m")
        os.truncate(os.open("/mnt/disk", os.O_CREAT | os.O_WRONLY), 64 << 20)
        for command in (
            ["mkfs.ext4", "-q", "-O", "quota", "/mnt/disk"],
            ["mount", "-o", "loop,usrquota", "/mnt/disk", HERE],
        ):
            os.makedirs(HERE, exist_ok=True)
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise AssertionError(f"cannot be made here: {done.stderr}")
        os.chmod(HERE, 0o1777)
        block = kernel._QuotaBlock(hard_blocks=blocks, hard_inodes=inodes, valid=LIMITS)
        folder = os.open(HERE, os.O_RDONLY)
        if LIBRARY.syscall(443, folder, SET_QUOTA, entry.pw_uid, ctypes.byref(block)) != 0:
            raise AssertionError(f"cannot be made here: {os.strerror(ctypes.get_errno())}")

    return prepare


def quota_of(prepare):
    if not shutil.which("mkfs.ext4"):
        pytest.skip("needs mkfs.ext4")
    try:
        return snapshot(prepare, environment={"APPTAINER_TMPDIR": HERE}).place("tmpdir").quota
    except pytest.fail.Exception as failed:
        if "cannot be made here" in str(failed):
            pytest.skip("needs a kernel that knows quotas on ext4, and a loop device")
        raise


def test_a_limit_on_bytes_and_inodes():
    quota = quota_of(limited(20 << 10, 100))
    assert (quota.limit_bytes, quota.limit_inodes, quota.source) == (20 << 20, 100, "kernel")
    assert (quota.used_bytes, quota.used_inodes) == (0, 0)


def test_no_limit_is_no_quota():
    assert quota_of(limited(0, 0)) is None
