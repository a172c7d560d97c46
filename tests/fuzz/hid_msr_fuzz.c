/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte (bit 0: MagTek's report), u16 length (big-endian) and a report descriptor of that length, then one report. A
 * number that comes out has 13 to 19 digits. What follows is read as track 2, too: as text and as raw bits. */
#include "client/ports/usb/hid_msr.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(const char *s)
{
    size_t n = strnlen(s, TRACK2_PAN + 1);

    if (n < TRACK2_PAN_MIN || n > TRACK2_PAN || strspn(s, "0123456789") != n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hid_desc d;
    struct hid_msr_plan plan;
    char number[TRACK2_PAN + 1] = "";
    size_t len;

    if (size < 3)
        return 0;
    len = (size_t)data[1] << 8 | data[2];
    if (len > size - 3)
        return 0;
    if (!hid_desc_parse(&d, data + 3, len) &&
        !(data[0] & 1 ? hid_msr_plan_magtek(&plan, &d) : hid_msr_plan_init(&plan, &d)) &&
        hid_msr_read(&plan, data + 3 + len, size - 3 - len, number) == HID_MSR_SWIPE)
        check_number(number);
    if (!track2_text((const char *)data + 3, size - 3, number))
        check_number(number);
    if (!track2_raw(data + 3, size - 3, number))
        check_number(number);
    return 0;
}
