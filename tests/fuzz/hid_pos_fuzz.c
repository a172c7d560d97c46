/* SPDX-License-Identifier: Apache-2.0 */
/* Input: u16 length (big-endian) and a report descriptor of that length, then steps: one byte of time (tens of ms), one byte n,
 * n bytes of report; n = 255 is a tick, n = 254 an unplug. Whatever comes, a scan is whole, bounded and closed by a NUL. */
#include "client/ports/usb/hid_pos.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TICK = 255, UNPLUG = 254 };

static void check(int ok)
{
    if (!ok)
        abort();
}

static void check_result(const struct hid_pos *p, enum hid_pos_result r, int64_t now)
{
    check(p->len <= HID_POS_TEXT && memchr(p->aim, 0, sizeof p->aim));
    if (r == HID_POS_SCAN)
        check(p->len > 0 && p->text[p->len] == 0 && hid_pos_deadline_ms(p) == INT64_MAX);
    if (r == HID_POS_DROPPED)
        check(p->why != HID_POS_DROP_NONE && hid_pos_drop_text(p->why)[0]);
    check(hid_pos_deadline_ms(p) > now);
}

static bool prepare(struct hid_pos *p, const uint8_t *desc, size_t len)
{
    static struct hid_desc d;
    struct hid_pos_plan plan;

    if (hid_desc_parse(&d, desc, len) || hid_pos_plan_init(&plan, &d))
        return false;
    hid_pos_init(p, &plan);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hid_pos p;
    size_t at, len;
    int64_t now = 0;

    if (size < 2)
        return 0;
    len = (size_t)data[0] << 8 | data[1];
    if (len > size - 2 || !prepare(&p, data + 2, len))
        return 0;
    for (at = 2 + len; at + 2 <= size;) {
        size_t n = data[at + 1];
        enum hid_pos_result r;
        now += data[at] * 10;
        at += 2;
        if (n == TICK) {
            r = hid_pos_tick(&p, now);
        } else if (n == UNPLUG) {
            r = hid_pos_reset(&p);
        } else {
            n = n < size - at ? n : size - at;
            r = hid_pos_feed(&p, data + at, n, now);
            at += n;
        }
        check_result(&p, r, now);
    }
    return 0;
}
