#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mutants.py BUILD: plants one bug at a time in a copy of the firmware, builds it as the real one is built, and wants the
simulator tests to go red; bugs in the decoder's borders go into a build for the host, and the quality run or the unit test of
the borders has to go red. A bug that nobody notices, or that no longer fits the source, is a failure. Prints who caught
which."""
import collections
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ["sim_usb_test", "sim_card_test", "sim_world_test"]
QUICK = ["--clean", "200", "--damaged", "60000", "--paired", "1", "--seed", "7"]
SWIPES = ("swipe", "swipe_damage", "swipe_judge", "fake_port")
AVR, CORE = "firmware/avr/", "firmware/core/"

# (what a tired engineer might have done, file, text, text instead)
MUTANTS = [
    ("clock left at an eighth", AVR + "guard.c", "    CLKPR = 0; ", "    "),
    ("clock set by one write", AVR + "guard.c", "    CLKPR = 1 << CLKPCE; ", "    "),
    ("clock set late", AVR + "guard.c", "    CLKPR = 1 << CLKPCE; ", "    for (uint8_t *p = _end; p < __stack - 8; p++)\n        *p = 0;\n    CLKPR = 1 << CLKPCE; "),
    ("pull-ups of port D forgotten", AVR + "inputs.c", "    PORTD |= BOARD_UNUSED_D;\n", ""),
    ("pull-ups of port F forgotten", AVR + "inputs.c", "    PORTF |= BOARD_UNUSED_F;\n", ""),
    ("programming pins left floating", AVR + "board.h", "BOARD_UNUSED_B 0x0F", "BOARD_UNUSED_B 0x01"),
    ("debugger left on port F", AVR + "inputs.c", "    MCUCR = 1 << JTD;\n    PORTB", "    PORTB"),
    ("all pull-ups off", AVR + "inputs.c", "    MCUCR = 1 << JTD;\n    PORTB", "    MCUCR = 1 << JTD | 1 << PUD;\n    PORTB"),
    ("trigger driven high", AVR + "inputs.c", "        BOARD_REG(DDR, ENGINE_TRIGGER) &= (uint8_t)~BOARD_MASK(ENGINE_TRIGGER);",
     "        BOARD_REG(PORT, ENGINE_TRIGGER) |= BOARD_MASK(ENGINE_TRIGGER);"),
    ("head heard before it settles", AVR + "inputs.c", "HEAD_SETTLE_MS = 300", "HEAD_SETTLE_MS = 2"),
    ("head heard without supply", AVR + "inputs.c", "    TCCR3B = 1 << ICNC3 | 1 << CS31;\n",
     "    TCCR3B = 1 << ICNC3 | 1 << CS31;\n    TIMSK1 = 1 << ICIE1;\n"),
    ("plugging in taken for a brown-out", AVR + "guard.c", "(reset_cause & (1 << PORF | 1 << BORF)) == 1 << BORF", "reset_cause & 1 << BORF"),
    ("the loader's reset taken for a fault", AVR + "guard.c", " && running == RUNNING", ""),
    ("mode forgotten with the power", CORE + "settings.c", "    s->rest_ms = SETTINGS_REST_MS;\n", ""),
    ("cell written while the one before still is", CORE + "settings.c", "    if (!port_eeprom_ready())\n        return;\n", ""),
    ("number for whoever asks", CORE + "reader.c", "return r->boot_ms && settings_unit(", "return settings_unit("),
    ("number not in the descriptor", CORE + "ep0.c", "n ? DESC_SERIAL : 0", "0"),
    ("card kept while the host sleeps", AVR + "main.c", "    reader_host_gone(&reader);\n    ui_host", "    ui_host"),
    ("control characters taken for data", CORE + "track.c", "n && c != end && is_control(c)", "0"),
    ("pad regulator left off", AVR + "usb.c", "UHWCON = 1 << UVREGE;", "UHWCON = 0;"),
    ("PLL set for an 8 MHz crystal", AVR + "usb.c", "1 << PINDIV | 1 << PLLE", "1 << PLLE"),
    ("USB clock left frozen", AVR + "usb.c", "USBCON = 1 << USBE | 1 << OTGPADE;", "USBCON = 1 << USBE | 1 << OTGPADE | 1 << FRZCLK;"),
    ("VBUS pad left off", AVR + "usb.c", "USBCON = 1 << USBE | 1 << OTGPADE;", "USBCON = 1 << USBE;"),
    ("control endpoint without memory", AVR + "usb.c", "UECFG0X = 0;\n    UECFG1X = SIZE_64 | 1 << ALLOC;",
     "UECFG0X = 0;\n    UECFG1X = SIZE_64;"),
    ("bulk instead of interrupt endpoints", AVR + "usb.c", "TYPE_INTERRUPT = 3 << EPTYPE0", "TYPE_INTERRUPT = 2 << EPTYPE0"),
    ("address in force too early", CORE + "ep0.c", "e->address = e->setup[2] | 0x80;\n    finish(e);",
     "port_address(e->setup[2]);\n    finish(e);"),
    ("address never enabled", AVR + "usb.c", "UDADDR = address | 1 << ADDEN;", "UDADDR = address;"),
    ("toggle not reset after a halt", AVR + "usb.c", ": 1 << STALLRQC | 1 << RSTDT | 1 << EPEN;", ": 1 << STALLRQC | 1 << EPEN;"),
    ("toggle not reset by the configuration", AVR + "usb.c", "            UECONX = 1 << RSTDT | 1 << EPEN;\n", ""),
    ("status stage not acknowledged", AVR + "usb.c", "p[i] = UEDATX;\n    clear(RXOUTI);", "p[i] = UEDATX;"),
    ("bank never handed over", AVR + "usb.c", "    clear(FIFOCON);\n", ""),
    ("flags of the bus written with ones", AVR + "usb.c", "UDINT = (uint8_t) ~(1 << EORSTI) & flags;", "UDINT = (uint8_t) ~(1 << EORSTI);"),
    ("wrong baud rate", AVR + "inputs.c", "BOARD_F_CPU / 8 / BOARD_ENGINE_BAUD", "BOARD_F_CPU / 16 / BOARD_ENGINE_BAUD"),
    ("seven data bits", AVR + "inputs.c", "UCSR1C = 1 << UCSZ11 | 1 << UCSZ10;", "UCSR1C = 1 << UCSZ11;"),
    ("framing errors taken for text", AVR + "inputs.c", "(status & (1 << FE1 | 1 << DOR1 | 1 << UPE1)) || ", ""),
    ("only one edge direction captured", AVR + "inputs.c", "    TCCR1B ^= 1 << ICES1;\n", ""),
    ("ring of edges far too small", AVR + "inputs.h", "INPUTS_EDGES = 64", "INPUTS_EDGES = 4"),
    ("interrupts off while bytes are thrown away", AVR + "inputs.c", "    while (inputs_byte(&c)) ",
     "    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)\n    for (uint8_t i = 0; ++i;)\n        bytes[i] = 0;\n    while (inputs_byte(&c)) "),
    ("swipe decoded while the host is served", CORE + "ep0.c", "static void send_next(struct ep0 *e)\n{",
     "static void send_next(struct ep0 *e)\n{\n    for (volatile uint16_t i = 0; i < 6000; i++)\n        ;"),
    ("watchdog never started", AVR + "guard.c", "    wdt_enable(WDTO_250MS);\n    running = RUNNING;", "    running = RUNNING;"),
    ("stack guard forgotten", AVR + "guard.c", "if (_end[i] != GUARD_PAINT)", "if (0)"),
    ("boot loader open to everybody", CORE + "reader.c", "if (!r->boot_ms)\n        return false;", ""),
    ("boot loader open for ever", CORE + "reader.c", "    if (r->boot_ms)\n        r->boot_ms--;\n", ""),
    ("track left in memory", CORE + "f2f.c", "        bits[i] = 0;", "        (void)bits;"),
    ("text left in memory", CORE + "scan.c", "        s->report[i] = 0;\n    s->len = 0;", "        ;\n    s->len = 0;"),
    ("LRC not looked at", CORE + "track.c", " || character(t, at) != lrc", ""),
    ("backward swipes not read", CORE + "track.c", "back.len = read_from(&back, cnt);", "back.len = 0;"),
    ("half a code sent as a whole", CORE + "scan.c", "ms >= SCAN_HALF_MS ? drop(s)", "ms >= SCAN_HALF_MS ? end(s)"),
    ("end of a long scan not told apart", CORE + "scan.c", "s->report[READER_SCAN_MORE_AT] = more;", "s->report[READER_SCAN_MORE_AT] = 0;"),
    ("awake while the host sleeps", AVR + "main.c", "    inputs_power(false);\n    guard_pause();\n    usb_sleep();",
     "    guard_pause();\n    usb_sleep();"),
    ("more sent than was asked for", CORE + "ep0.c", "e->len = len < asked ? len : asked;", "e->len = len;"),
    ("old report kept for the next host", CORE + "reader.c", "{\n    forget_swipe(r);\n    if (r->scan.len", "{\n    if (r->scan.len"),
]

# The same for what decides whether a swipe is believed.
DECODER = [
    ("noise border at 20 %", CORE + "hand.h", "HAND_NOISE = 2507", "HAND_NOISE = 3277"),
    ("noise border at 14 %", CORE + "hand.h", "HAND_NOISE = 2507", "HAND_NOISE = 2294"),
    ("outliers believed more than they may be", CORE + "hand.h", "HAND_SPREAD_32 = 39", "HAND_SPREAD_32 = 48"),
    ("hardly an outlier believed", CORE + "hand.h", "HAND_SPREAD_32 = 39", "HAND_SPREAD_32 = 34"),
    ("clean far too generous", CORE + "hand.h", "HAND_CLEAN = 1474", "HAND_CLEAN = 2300"),
    ("a clean swipe held to its rounding", CORE + "hand.h", "HAND_CLEAN = 1474", "HAND_CLEAN = 0"),
    ("passes given up early", CORE + "hand.h", "HAND_PASSES = 20", "HAND_PASSES = 4"),
    ("verdict not asked for", CORE + "reader.c", "if (r->hand.verdict != HAND_EVEN)", "if (0)"),
    ("only what is too slow is looked at", CORE + "hand.c", "if (slow <= limit && fast >= -limit)", "if (slow <= limit)"),
    ("no hand speeds up and slows down", CORE + "hand.c", "for (uint8_t i = 0; i < 4; i++)\n        h->speed[i]",
     "for (uint8_t i = 0; i < 2; i++)\n        h->speed[i]"),
    ("rounding taken for noise", CORE + "hand.c", " && most > least)", ")"),
    ("separator within the number", CORE + "reader.c", "return n < 2;", "return n < 9;"),
    ("outliers of the other channel believed", CORE + "f2f.h", "F2F_OUTLIER_8 = 25", "F2F_OUTLIER_8 = 250"),
    ("half a cell too strict", CORE + "f2f.c", "c4 - (c >> 6)", "c4 - (c >> 3)"),
    ("speed followed too slowly", CORE + "f2f.c", "f->age < F2F_YOUNG ? 3 : 4", "f->age < F2F_YOUNG ? 6 : 7"),
]


def flags():
    out = subprocess.run(["make", "-s", "--no-print-directory", "print-avr-flags"], cwd=ROOT, check=True, capture_output=True, text=True)
    return out.stdout.split()


def plant(mutant, work, folders):
    """A copy with the bug; a complaint if it no longer fits."""
    _, path, old, new = mutant
    for folder in folders:
        shutil.copytree(ROOT / folder, work / folder, ignore=shutil.ignore_patterns("vectors"))
    if not path:
        return None
    text = (work / path).read_text(encoding="utf-8")
    if text.count(old) != 1:
        return f"does not fit the source any more ({text.count(old)} places)"
    (work / path).write_text(text.replace(old, new), encoding="utf-8")
    return None


def first_red(commands, env):
    """Which of them fails first."""
    for command in commands:
        try:
            got = subprocess.run(command, env=env, capture_output=True, timeout=120, check=False).returncode
        except subprocess.TimeoutExpired:
            got = "no end"
        if got:
            return pathlib.Path(command[0]).name
    return None


def judge_firmware(mutant, tests, avr_flags):
    """(caught by, complaint): one of them None."""
    with tempfile.TemporaryDirectory() as d:
        work = pathlib.Path(d)
        why = plant(mutant, work, ("firmware", "proto"))
        if why:
            return None, why
        sources = sorted(str(p.relative_to(work)) for p in work.glob("firmware/*/*.c"))
        got = subprocess.run(["avr-gcc", *avr_flags, "-Wno-error", "-Wl,--gc-sections", "-o", "reader.elf", *sources], cwd=work,
                             capture_output=True, text=True, check=False)
        if got.returncode:
            return None, "does not build"
        caught = first_red([[test] for test in tests], dict(os.environ, HUIKA_READER_ELF=str(work / "reader.elf")))
        return caught, None if caught else "not noticed"


def judge_decoder(mutant, objects):
    """The tests are built already; the bugs change no structure."""
    with tempfile.TemporaryDirectory() as d:
        work = pathlib.Path(d)
        why = plant(mutant, work, ("firmware", "proto"))
        if why:
            return None, why
        core = sorted(work.glob("firmware/core/*.c"))
        for program in ("quality", "hand_test"):
            got = subprocess.run(["gcc", "-std=c11", "-O2", "-w", "-I", work, "-o", work / program, *core, objects / f"{program}.o",
                                  *(objects / f"{o}.o" for o in SWIPES), "-lcmocka", "-lm"], capture_output=True, check=False)
            if got.returncode:
                return None, "does not build"
        caught = first_red([[work / "quality", *QUICK], [work / "hand_test"]], None)
        return caught, None if caught else "not noticed"


def main():
    built = pathlib.Path(sys.argv[1]).resolve()
    tests = [built / "firmware" / t for t in TESTS]
    objects = built / "obj/tests/firmware"
    avr_flags = flags()
    none = ("none", None, None, None)
    bad = 0
    for caught, why in (judge_firmware(none, tests, avr_flags), judge_decoder(none, objects)):
        if why != "not noticed":
            bad += 1
            print(f"without a planted bug: {caught or why}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda m: judge_firmware(m, tests, avr_flags), MUTANTS)) + list(pool.map(lambda m: judge_decoder(m, objects), DECODER))
    for mutant, (caught, why) in zip(MUTANTS + DECODER, results):
        if not caught:
            bad += 1
            print(f"planted bug '{mutant[0]}': {why}")
    by = collections.Counter(c for c, _ in results if c)
    print(f"planted bugs: {sum(by.values())} of {len(results)} caught ({', '.join(f'{n} by {c}' for c, n in by.most_common())})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
