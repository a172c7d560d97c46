#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts new firmware into a Huika reader. The image is Intel HEX with a signature beside it (FILE.sig: the key's id and a
base64 ECDSA P-256 signature over SHA-256 of FILE); both are checked here, on the host, for the chip's boot loader checks
nothing. Then the reader is asked into its boot loader (hold its button while plugging it in), erased, written, read back,
and started; at the end it must be there again. Installed as huika-reader-update.

  huika-reader-update FILE --keys DIR      DIR: public keys that are trusted, PEM, *.pem
  huika-reader-update FILE --sign KEY.pem  writes FILE.sig
  huika-reader-update --list               the readers that are plugged in
  huika-reader-update --give-unit NUMBER   eight of A-Z, 0-9, once, at bring-up; needs the button, too

Exit status: 0 done, 1 refused, 2 wrong usage, 3 it could not be done."""
import argparse
import base64
import binascii
import fcntl
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

CHIP = "atmega32u4"
FLASH_END = 0x7000  # the boot loader begins here
BOOT_REPORT = bytes([0x14]) + b"BOOT"
VERSION_ID, VERSION_LEN = 0x12, 4
STATS_ID, STATS_LEN = 0x13, 12
STATS = ("swipes_good", "swipes_bad", "scans_good", "scans_dropped", "bus_resets", "faults")
UNIT_ID = 0x15
LOADER = ("03eb", "2ff4")
VERSION = "0.1.0"
FEATURES = bytes([0x06, 0x48, 0xFF, 0x09, 0x01, 0xA1, 0x01])  # the collection that knows that report
READER_ID = "00001209:00000001"
LOADER_SECONDS = 15
STORE_SECONDS = 5
BUTTON = "the reader refuses: unplug it, hold its button, plug it in, and try within ten seconds"


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


class Reader:
    def __init__(self, node, unit):
        self.node, self.unit = node, unit

    def feature(self, direction, data):
        """HIDIOCSFEATURE (6) or HIDIOCGFEATURE (7): data begins with the report's id. What came back."""
        request = 3 << 30 | len(data) << 16 | ord("H") << 8 | direction
        try:
            with open(self.node, "r+b", buffering=0) as f:
                buffer = bytearray(data)
                fcntl.ioctl(f, request, buffer)
                return bytes(buffer)
        except PermissionError as e:
            raise Failed(f"{self.node} may not be opened: run as root") from e

    def ask(self, report):
        try:
            self.feature(6, report)
        except OSError as e:
            raise Refused(BUTTON) from e

    def number(self):
        """The unit number as it is stored; None while there is none."""
        try:
            return self.feature(7, bytes([UNIT_ID]) + bytes(8))[1:].decode("ascii")
        except OSError:
            return None

    def about(self):
        version = self.feature(7, bytes([VERSION_ID]) + bytes(VERSION_LEN))[1:]
        stats = self.feature(7, bytes([STATS_ID]) + bytes(STATS_LEN))[1:]
        counts = {name: stats[2 * i] | stats[2 * i + 1] << 8 for i, name in enumerate(STATS)}
        return {"node": str(self.node), "unit": self.unit or None, "version": ".".join(map(str, version[:3])), "board": version[3], **counts}


def readers(root):
    found = []
    for node in sorted(pathlib.Path(root).glob("class/hidraw/hidraw*/device")):
        try:
            uevent = dict(line.split("=", 1) for line in (node / "uevent").read_text(encoding="utf-8", errors="replace").splitlines() if "=" in line)
            if uevent.get("HID_ID", "").endswith(READER_ID) and FEATURES in (node / "report_descriptor").read_bytes():
                found.append(Reader(pathlib.Path("/dev") / node.parent.name, uevent.get("HID_UNIQ", "")))
        except OSError:  # unplugged meanwhile
            continue
    return found


def the_reader(root, unit):
    found = [r for r in readers(root) if unit in (None, r.unit)]
    if not found:
        raise Failed("no reader: plug it in, and stop huika-terminal, which may be using it")
    if len(found) > 1:
        raise Failed("several readers: unplug the others, or name one with --unit")
    return found[0]


def read_of(path):
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def loaders(root):
    """Bus and address of each device in the factory's boot loader: they look alike."""
    return [(read_of(d / "busnum"), read_of(d / "devnum")) for d in pathlib.Path(root).glob("bus/usb/devices/*")
            if (read_of(d / "idVendor"), read_of(d / "idProduct")) == LOADER]


def dfu(*command):
    return run("dfu-programmer", CHIP, *command)


def wait_for(what, seconds, complaint):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Failed(complaint)
        time.sleep(0.2)


def flash(image, wanted):
    for command in (("erase",), ("flash", str(image))):
        got = dfu(*command)
        if got.returncode:
            why = got.stderr.decode(errors="replace").strip().replace("\n", ", ")
            raise Failed(f"dfu-programmer {command[0]}: {why}; the reader stays in its boot loader: try again with --in-loader")
    read = dfu("dump").stdout
    if any(a >= len(read) or read[a] != b for a, b in wanted.items()):
        raise Failed("what was read back is not what was written: try again with --in-loader")


def write(image, wanted):
    wait_for(lambda: not dfu("get", "bootloader-version", "--quiet").returncode, LOADER_SECONDS, "the boot loader does not show up")
    if len(loaders("/sys")) > 1:
        raise Failed("several devices are in this boot loader: unplug the others, then go on with --in-loader")
    try:
        flash(image, wanted)
    except Failed:
        dfu("erase")  # an empty chip stays in its loader; half an image would run
        raise
    dfu("reset")


def update(a):
    wanted = contents(a.file.read_text(encoding="ascii"))
    if a.sign:
        return f"signed with key {sign(a.file, a.sign)}"
    signer = check_signature(a.file, a.keys)
    if a.check:
        return f"{a.file}: {len(wanted)} bytes, signed with key {signer}"
    if a.in_loader:
        write(a.file, wanted)
        return f"{a.file}: {len(wanted)} bytes, signed with key {signer}: written, read back, started"
    if loaders("/sys"):
        raise Failed("a device is in this boot loader already: unplug it, or write to it with --in-loader")
    reader = the_reader("/sys", a.unit)
    reader.ask(BOOT_REPORT)
    write(a.file, wanted)
    unit = reader.unit
    wait_for(lambda: any(r.unit == unit for r in readers("/sys")), LOADER_SECONDS, "written, but the reader does not come back: unplug it and plug it in")
    version = the_reader("/sys", unit).about()["version"]
    return f"{a.file}: {len(wanted)} bytes, signed with key {signer}: written, read back, started: version {version}"


def perform(a):
    if a.list:
        return "\n".join(json.dumps(r.about()) for r in readers("/sys"))
    if a.give_unit:
        if not re.fullmatch("[A-Z0-9]{8}", a.give_unit):
            raise Refused("a unit number is eight of A-Z and 0-9")
        reader = the_reader("/sys", a.unit)
        reader.ask(bytes([UNIT_ID]) + a.give_unit.encode())
        wait_for(lambda: reader.number() == a.give_unit, STORE_SECONDS, "the reader does not keep its number")
        return f"the reader is {a.give_unit} when it is plugged in again"
    return update(a)


def main():
    p = argparse.ArgumentParser(prog="huika-reader-update", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("file", type=pathlib.Path, nargs="?")
    p.add_argument("--version", action="version", version=f"huika-reader-update {VERSION}")
    p.add_argument("--keys", metavar="DIR", type=pathlib.Path, default=pathlib.Path("/etc/huika/reader-keys"))
    p.add_argument("--sign", metavar="KEY.pem", type=pathlib.Path)
    p.add_argument("--check", action="store_true", help="only check the image and its signature")
    p.add_argument("--in-loader", action="store_true", help="the reader is in its boot loader already")
    p.add_argument("--unit", metavar="NUMBER", help="which reader, if there are several")
    p.add_argument("--list", action="store_true", help="one JSON object for each reader: unit, version, statistics")
    p.add_argument("--give-unit", metavar="NUMBER", help="write a reader's number into it")
    a = p.parse_args()
    if bool(a.file) + a.list + bool(a.give_unit) != 1:
        p.error("one of FILE, --list, --give-unit")
    try:
        said = perform(a)
        if said:
            print(said)
        return 0
    except Refused as e:
        print(f"huika-reader-update: {e}", file=sys.stderr)
        return 1
    except (Failed, OSError, UnicodeDecodeError) as e:
        print(f"huika-reader-update: {e}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
