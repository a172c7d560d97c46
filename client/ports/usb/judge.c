/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/judge.h"
#include <stdlib.h>
#include <string.h>

enum { CLASS_HID = 3, BOOT_SUBCLASS = 1 };

enum judgement judge_desc(const uint8_t *bytes, size_t len, struct hid_pos_plan *plan)
{
    enum judgement j = JUDGE_SENSELESS;
    struct hid_desc *d = malloc(sizeof *d);

    if (d && !hid_desc_parse(d, bytes, len)) {
        enum err e = hid_pos_plan_init(plan, d);
        j = e == ERR_OK ? JUDGE_YES : e == ERR_NOT_FOUND ? JUDGE_NO : JUDGE_SENSELESS;
    }
    free(d);
    return j;
}

static enum judgement without_driver(const struct sysfs_interface *i)
{
    if (!strcmp(i->driver, "usbfs"))
        return JUDGE_TAKEN;
    return i->subclass == BOOT_SUBCLASS && i->protocol ? JUDGE_NO : JUDGE_UNKNOWN;
}

static enum judgement judge_interface(
    const char *root, const char *path, unsigned config, const struct sysfs_interface *i, struct hid_pos_plan *plan)
{
    enum judgement j = JUDGE_SENSELESS;
    struct buf b;
    enum err e;

    if (i->class != CLASS_HID)
        return JUDGE_NO;
    buf_init(&b, HID_DESC_BYTES);
    e = sysfs_report_desc(root, path, config, i->number, &b);
    if (e == ERR_NOT_FOUND)
        j = without_driver(i);
    else if (!e)
        j = judge_desc(b.data, b.len, plan);
    buf_release(&b);
    return j;
}

enum judgement judge_device(
    const char *root, const char *path, const struct sysfs_device *s, uint8_t *interface, struct hid_pos_plan *plan)
{
    enum judgement best = JUDGE_NO;

    for (unsigned i = 0; i < s->interface_cnt && best != JUDGE_YES; i++) {
        enum judgement j = judge_interface(root, path, s->config, &s->interfaces[i], plan);
        if (j > best) {
            best = j;
            *interface = s->interfaces[i].number;
        }
    }
    return best;
}
