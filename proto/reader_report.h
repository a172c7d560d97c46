/* SPDX-License-Identifier: Apache-2.0 */
/* What the Huika reader says and understands over USB: numbers only, shared by its firmware, its updater and tests.
 * Hosts need none of this: the report descriptors say it all (HID Point of Sale Usage Tables 1.02).
 *
 * Interface 0, bar code scanner (usage 8C:02), input report READER_SCAN_ID, 64 bytes on the wire:
 *     0 id · 1 bytes of text in this report · 2-4 AIM identifier, zeros if the engine gave none · 5-60 text ·
 *     61-62 zero · 63 bit 0: the scan goes on in the next report
 * Interface 1, magnetic stripe reader (usage 8E:01), input report READER_MSR_ID, 230 bytes in four packets:
 *     0 id · 1-3 lengths of tracks 1, 2, 3 · tracks as text with both sentinels, without LRC, zeros behind
 * Interface 1, vendor collection (usage FF48:01), feature reports, the id and then:
 *     BEEP set: times, 1-5 · MODE get, set: flags, framing · VERSION get: major, minor, patch, board ·
 *     STATS get: u16 little-endian each, swipes good, swipes bad, scans good, scans dropped, bus resets, starts after
 *     a fault · BOOT set: the four bytes READER_BOOT_MAGIC · UNIT get, set: the reader's own number, eight of A-Z, 0-9; its
 *     serial number string, too, from the next plug-in on; STALL if there is none,
 *     and until one just given is stored.
 *     BOOT and setting UNIT are refused (STALL) unless the button was held at plug-in and for READER_BOOT_WINDOW_MS after.
 *     MODE and UNIT outlive a power cycle; a mode is stored two seconds after its last change */
#ifndef HUIKA_READER_REPORT_H
#define HUIKA_READER_REPORT_H

enum {
    READER_VID = 0x1209, /* pid.codes; 0001 is its test id, until one is assigned */
    READER_PID = 0x0001,

    READER_SCAN_ID = 2,
    READER_SCAN_LEN = 64,
    READER_SCAN_AIM_AT = 2,
    READER_SCAN_TEXT_AT = 5,
    READER_SCAN_TEXT = 56,
    READER_SCAN_MORE_AT = 63,
    READER_SCAN_MAX = 2048, /* bytes in a whole scan */

    READER_MSR_ID = 1,
    READER_T1_MAX = 79,
    READER_T2_MAX = 40,
    READER_T3_MAX = 107,
    READER_MSR_T1_AT = 4,
    READER_MSR_T2_AT = READER_MSR_T1_AT + READER_T1_MAX,
    READER_MSR_T3_AT = READER_MSR_T2_AT + READER_T2_MAX,
    READER_MSR_LEN = READER_MSR_T3_AT + READER_T3_MAX, /* 230 */

    READER_BEEP_ID = 0x10,
    READER_BEEP_LEN = 1,
    READER_BEEP_MAX = 5,
    READER_MODE_ID = 0x11,
    READER_MODE_LEN = 2,
    READER_VERSION_ID = 0x12,
    READER_VERSION_LEN = 4,
    READER_STATS_ID = 0x13,
    READER_STATS_LEN = 12,
    READER_BOOT_ID = 0x14,
    READER_BOOT_LEN = 4,
    READER_BOOT_WINDOW_MS = 10000, /* from plug-in */
    READER_UNIT_ID = 0x15,
    READER_UNIT_LEN = 8,

    /* Mode flags. */
    READER_MODE_QUIET = 0x01, /* no sound */
    READER_MODE_AIM = 0x02,   /* the engine puts an AIM identifier before the text */
    READER_MODE_FLAGS = READER_MODE_QUIET | READER_MODE_AIM,

    /* Framing: what ends a scan on the engine's UART. */
    READER_FRAME_LINE = 0, /* CR, LF or both; half a code is dropped */
    READER_FRAME_CR = 1,   /* CR alone; an LF is text */
    READER_FRAME_LF = 2,   /* LF alone; a CR is text */
    READER_FRAME_IDLE = 3, /* nothing but silence */
    READER_FRAME_CNT
};
#define READER_BOOT_MAGIC "BOOT"

#endif
