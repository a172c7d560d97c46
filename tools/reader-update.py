#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts new firmware into a Huika reader. The image is Intel HEX with a signature beside it (FILE.sig: the key's id and a
base64 ECDSA P-256 signature over SHA-256 of FILE); both are checked here, on the host, for the chip's boot loader checks
nothing. Then the reader is asked into its boot loader (hold its button while plugging it in), erased, written and read back.

  reader-update.py FILE --keys DIR      DIR: public keys that are trusted, PEM, *.pem
  reader-update.py FILE --sign KEY.pem  writes FILE.sig

Exit status: 0 done, 1 refused, 2 wrong usage, 3 it could not be done."""
import argparse
import base64
import binascii
import fcntl
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import time

CHIP = "atmega32u4"
FLASH_END = 0x7000  # the boot loader begins here
BOOT_REPORT = bytes([0x14]) + b"BOOT"
FEATURES = bytes([0x06, 0x48, 0xFF, 0x09, 0x01, 0xA1, 0x01])  # the collection that knows that report
READER_ID = "00001209:00000001"
LOADER_SECONDS = 15


class Refused(Exception):
    pass


class Failed(Exception):
    pass


def run(*command, data=None):
    try:
        return subprocess.run(command, input=data, capture_output=True, check=False)
    except FileNotFoundError as e:
        raise Failed(f"{command[0]} is not installed") from e


def key_id(pem):
    got = run("openssl", "pkey", "-pubin", "-in", str(pem), "-outform", "DER")
    return hashlib.sha256(got.stdout).hexdigest()[:16] if got.returncode == 0 else None


def check_signature(image, keys):
    """The id of the trusted key that signed it."""
    try:
        name, text = pathlib.Path(f"{image}.sig").read_text(encoding="ascii").split()
        signature = base64.b64decode(text, validate=True)
    except (OSError, ValueError, binascii.Error) as e:
        raise Refused(f"{image}.sig is not there or not a signature") from e
    trusted = [k for k in sorted(keys.glob("*.pem")) if key_id(k) == name]
    if not trusted:
        raise Refused(f"signed by key {name}, which is not in {keys}")
    with tempfile.NamedTemporaryFile() as f:
        f.write(signature)
        f.flush()
        if run("openssl", "dgst", "-sha256", "-verify", str(trusted[0]), "-signature", f.name, str(image)).returncode:
            raise Refused(f"the signature does not fit {image}: it was changed or is not whole")
    return name


def sign(image, key):
    public = run("openssl", "pkey", "-in", str(key), "-pubout")
    signature = run("openssl", "dgst", "-sha256", "-sign", str(key), str(image))
    if public.returncode or signature.returncode:
        raise Failed(f"cannot sign {image} with {key}")
    with tempfile.NamedTemporaryFile() as f:
        f.write(public.stdout)
        f.flush()
        name = key_id(f.name)
    pathlib.Path(f"{image}.sig").write_text(f"{name}\n{base64.b64encode(signature.stdout).decode()}\n", encoding="ascii")
    return name


def contents(text):
    """{address: byte} of Intel HEX; only what belongs into the application's flash."""
    out, ended = {}, False
    for line in text.split():
        try:
            raw = bytes.fromhex(line[1:]) if line[:1] == ":" else b""
        except ValueError:
            raw = b""
        if len(raw) < 5 or len(raw) != raw[0] + 5 or sum(raw) & 0xFF or ended:
            raise Refused("the image is not Intel HEX")
        if raw[3] == 1:
            ended = True
        elif raw[3] == 0:
            at = raw[1] << 8 | raw[2]
            out.update((at + i, b) for i, b in enumerate(raw[4:-1]))
        elif raw[3] not in (3, 5):
            raise Refused("the image reaches beyond the chip")
    if not ended or 0 not in out or max(out) >= FLASH_END:
        raise Refused("the image is not whole, or would overwrite the boot loader")
    return out


def find_reader(root):
    for node in sorted(pathlib.Path(root).glob("class/hidraw/hidraw*/device")):
        if READER_ID in (node / "uevent").read_text(encoding="ascii", errors="replace") \
                and FEATURES in (node / "report_descriptor").read_bytes():
            return pathlib.Path("/dev") / node.parent.name
    raise Failed("no reader: plug it in, and stop huika-terminal, which may be using it")


def ask_for_loader(node):
    request = 3 << 30 | len(BOOT_REPORT) << 16 | ord("H") << 8 | 0x06  # HIDIOCSFEATURE
    try:
        with open(node, "r+b", buffering=0) as f:
            fcntl.ioctl(f, request, BOOT_REPORT)
    except PermissionError as e:
        raise Failed(f"{node} may not be opened: run as root") from e
    except OSError as e:
        raise Refused("the reader refuses: unplug it, hold its button, plug it in, and try within ten seconds") from e


def dfu(*command):
    return run("dfu-programmer", CHIP, *command)


def write(image, wanted):
    end = time.monotonic() + LOADER_SECONDS
    while dfu("get", "bootloader-version", "--quiet").returncode:
        if time.monotonic() > end:
            raise Failed("the boot loader does not show up")
        time.sleep(0.2)
    for command in (("erase",), ("flash", str(image))):
        got = dfu(*command)
        if got.returncode:
            raise Failed(f"dfu-programmer {command[0]}: {got.stderr.decode(errors='replace').strip()}; the reader stays in its boot "
                         "loader: try again with --in-loader")
    read = dfu("dump").stdout
    if any(a >= len(read) or read[a] != b for a, b in wanted.items()):
        raise Failed("what was read back is not what was written: try again with --in-loader")
    dfu("start")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", type=pathlib.Path)
    p.add_argument("--keys", type=pathlib.Path, default=pathlib.Path("/etc/huika/reader-keys"))
    p.add_argument("--sign", metavar="KEY.pem", type=pathlib.Path)
    p.add_argument("--check", action="store_true", help="only check the image and its signature")
    p.add_argument("--in-loader", action="store_true", help="the reader is in its boot loader already")
    a = p.parse_args()
    try:
        wanted = contents(a.file.read_text(encoding="ascii"))
        if a.sign:
            print(f"signed with key {sign(a.file, a.sign)}")
            return 0
        print(f"{a.file}: {len(wanted)} bytes, signed with key {check_signature(a.file, a.keys)}")
        if a.check:
            return 0
        if not a.in_loader:
            ask_for_loader(find_reader("/sys"))
        write(a.file, wanted)
        print("written, read back, started")
        return 0
    except Refused as e:
        print(f"reader-update: {e}", file=sys.stderr)
        return 1
    except (Failed, OSError, UnicodeDecodeError) as e:
        print(f"reader-update: {e}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
