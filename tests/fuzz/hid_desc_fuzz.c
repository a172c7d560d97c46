/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a report descriptor. What is accepted must lie within its bounds. */
#include "client/ports/usb/hid_pos.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hid_desc d;
    struct hid_pos_plan plan;

    if (hid_desc_parse(&d, data, size))
        return 0;
    check(d.app_cnt <= HID_DESC_APPS && d.field_cnt <= HID_DESC_FIELDS);
    for (unsigned i = 0; i < d.field_cnt; i++) {
        const struct hid_field *f = &d.fields[i];
        check(f->count > 0 && f->bit_size > 0 && f->usage <= f->usage_max);
        check(f->bit_offset + (uint32_t)f->bit_size * f->count <= d.report_bits[f->report_id]);
        check(f->app < d.app_cnt || f->app == 0xFF);
        check(d.numbered == (f->report_id != 0));
    }
    for (unsigned id = 0; id < 256; id++)
        check(d.report_bits[id] <= HID_DESC_REPORT * 8);
    if (hid_pos_plan_init(&plan, &d))
        return 0;
    check(hid_desc_has_app(&d, HID_POS_SCANNER) && plan.report_len <= HID_POS_REPORT);
    if (!plan.probed)
        check(plan.data_off + plan.data_len <= plan.report_len && plan.len_off < plan.report_len &&
              (plan.aim_off < 0 || plan.aim_off + 3 <= plan.report_len) && plan.more_off < plan.report_len);
    return 0;
}
