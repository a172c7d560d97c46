/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/desc.h"
#include "firmware/core/flash.h"
#include "proto/reader_report.h"

enum { DEVICE = 1, CONFIG = 2, STRING = 3, HID = 0x21, REPORT = 0x22 };
enum { INTERFACE_LEN = 9 + 9 + 7, CONFIG_LEN = 9 + DESC_INTERFACES * INTERFACE_LEN };

#define LOW(v)  ((v)&0xFF)
#define HIGH(v) ((v) >> 8)

static const uint8_t device_desc[] FLASH = {18, DEVICE, 0x00, 0x02, 0, 0, 0, DESC_EP0_SIZE, LOW(READER_VID),
    HIGH(READER_VID), LOW(READER_PID), HIGH(READER_PID), DESC_VERSION_MINOR << 4 | DESC_VERSION_PATCH,
    DESC_VERSION_MAJOR, 1, 2, 0, 1};

/* clang-format off: an item a line */
static const uint8_t scan_report[] FLASH = {0x05, 0x8C,                     /* Usage Page (Bar Code Scanner) */
    0x09, 0x02, 0xA1, 0x01,                                                 /* Bar Code Scanner: Application */
    0x09, 0x12, 0xA1, 0x02,                                                 /*   Scanned Data Report: Logical */
    0x85, READER_SCAN_ID, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,         /*     bytes */
    0x05, 0x01, 0x09, 0x3B, 0x95, 0x01, 0x81, 0x02,                         /*  Generic Desktop: Byte Count */
    0x05, 0x8C, 0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD, 0x95, 0x03, 0x81, 0x02, /* Symbology Identifier 1-3 */
    0x09, 0xFE, 0x95, READER_SCAN_TEXT, 0x82, 0x02, 0x01,                   /* Decoded Data, buffered bytes */
    0x95, 0x02, 0x81, 0x03,                                                 /*     constant */
    0x09, 0xFF, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02,             /* Decode Data Continued */
    0x95, 0x07, 0x81, 0x03,                                                 /*     constant */
    0xC0, 0xC0};

#define FEATURE(id, len) 0x85, id, 0x09, id, 0x95, len, 0xB1, 0x02
static const uint8_t msr_report[] FLASH = {0x05, 0x8E,             /* Usage Page (Magnetic Stripe Reader) */
    0x09, 0x01, 0xA1, 0x01,                                        /* MSR Device Read-Only: Application */
    0x85, READER_MSR_ID, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, /*   bytes */
    0x09, 0x11, 0x09, 0x12, 0x09, 0x13, 0x95, 0x03, 0x81, 0x02,    /* Track 1, 2, 3 Length */
    0x09, 0x21, 0x95, READER_T1_MAX, 0x82, 0x02, 0x01,             /* Track 1 Data, buffered bytes */
    0x09, 0x22, 0x95, READER_T2_MAX, 0x82, 0x02, 0x01, 0x09, 0x23, 0x95, READER_T3_MAX, 0x82, 0x02, 0x01, 0xC0, 0x06,
    0x48, 0xFF, /* Usage Page (vendor) */
    0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, FEATURE(READER_BEEP_ID, READER_BEEP_LEN),
    FEATURE(READER_MODE_ID, READER_MODE_LEN), FEATURE(READER_VERSION_ID, READER_VERSION_LEN),
    FEATURE(READER_STATS_ID, READER_STATS_LEN), FEATURE(READER_BOOT_ID, READER_BOOT_LEN),
    FEATURE(READER_UNIT_ID, READER_UNIT_LEN), 0xC0};

#define HID_INTERFACE(n, report, ep)                                                                                   \
    9, 4, n, 0, 1, 3, 0, 0, 0, 9, HID, 0x11, 0x01, 0, 1, REPORT, LOW(sizeof(report)), HIGH(sizeof(report)), 7, 5,      \
        0x80 | (ep), 3, DESC_EP_SIZE, 0, 1
static const uint8_t config_desc[] FLASH = {9, CONFIG, CONFIG_LEN, 0, DESC_INTERFACES, 1, 0, 0x80,
    250, /* bus-powered, 500 mA: the engine's light */
    HID_INTERFACE(0, scan_report, DESC_EP_SCAN), HID_INTERFACE(1, msr_report, DESC_EP_MSR)};
/* clang-format on */
_Static_assert(sizeof config_desc == CONFIG_LEN, "wTotalLength");

static const uint8_t languages[] FLASH = {4, STRING, 0x09, 0x04};
static const uint8_t maker[] FLASH = {12, STRING, 'H', 0, 'u', 0, 'i', 0, 'k', 0, 'a', 0};
static const uint8_t product[] FLASH = {36, STRING, 'H', 0, 'u', 0, 'i', 0, 'k', 0, 'a', 0, ' ', 0, 'c', 0, 'a', 0, 'r',
    0, 'd', 0, ' ', 0, 'r', 0, 'e', 0, 'a', 0, 'd', 0, 'e', 0, 'r', 0};
_Static_assert(sizeof maker == 12 && sizeof product == 36, "bLength");

static uint16_t string_get(uint8_t index, const uint8_t **at)
{
    *at = index == 0 ? languages : index == 1 ? maker : product;
    return index > 2 ? 0 : flash_byte(*at);
}

uint16_t desc_get(uint8_t type, uint8_t index, uint8_t interface, const uint8_t **at)
{
    switch (type) {
    case DEVICE:
        *at = device_desc;
        return index ? 0 : sizeof device_desc;
    case CONFIG:
        *at = config_desc;
        return index ? 0 : sizeof config_desc;
    case STRING:
        return string_get(index, at);
    case HID:
        *at = config_desc + 9 + interface * INTERFACE_LEN + 9;
        return interface < DESC_INTERFACES ? 9 : 0;
    case REPORT:
        *at = interface ? msr_report : scan_report;
        return interface == 0 ? sizeof scan_report : interface == 1 ? sizeof msr_report : 0;
    default:
        return 0;
    }
}
