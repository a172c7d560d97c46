/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/dfu_loader.h"
#include <string.h>

enum { DNLOAD = 0x2101, UPLOAD = 0xA102, GETSTATUS = 0xA103, CLRSTATUS = 0x2104, GETSTATE = 0xA105, ABORT = 0x2106 };
enum { GET_DESCRIPTOR = 0x8006, SET_CONFIGURATION = 0x0009, GET_CONFIGURATION = 0x8008, GET_STATUS = 0x8000 };
enum { OK = 0, ERR_FILE = 2, ERR_WRITE = 3, ERR_CHECK_ERASED = 5, ERR_ADDRESS = 8, ERR_STALLEDPKT = 15 };
enum { GROUP_PROGRAM = 1, GROUP_READ = 3, GROUP_EXEC = 4, GROUP_ID = 5, GROUP_SELECT = 6 };
enum { HEAD = 32, SUFFIX = 16, SHORT_MAX = 6 };

static const uint8_t device_desc[] = {18, 1, 0, 2, 0xFE, 1, 0, 32, 0xEB, 0x03, 0xF4, 0x2F, 0, 0, 1, 2, 3, 1};
static const uint8_t config_desc[] = {9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xFE, 1, 0, 0};
static const char *const strings[] = {"ATMEL", "ATm32U4DFU", "1.0.0"};

void dfu_init(struct dfu_loader *d, const uint8_t flash[DFU_FLASH])
{
    *d = (struct dfu_loader){.state = DFU_IDLE, .secured = true};
    memcpy(d->flash, flash, DFU_FLASH);
}

static int refuse(struct dfu_loader *d, uint8_t status)
{
    d->status = status;
    d->state = DFU_ERROR;
    d->cnt = 0;
    d->id_due = d->launch_due = false;
    return DFU_STALL;
}

static uint16_t big(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* Two addresses, the second included; bytes, 0 if that is no part of the application. */
static unsigned range(const uint8_t *p)
{
    unsigned from = big(p), to = big(p + 2);

    return to < from || to >= DFU_LOADER_AT ? 0 : to - from + 1;
}

static int program(struct dfu_loader *d, const uint8_t *p, unsigned len)
{
    unsigned n = len > HEAD + SUFFIX ? range(p + 2) : 0;
    const uint8_t *in = p + HEAD;

    if (p[1] != 0 || !n)
        return refuse(d, ERR_ADDRESS);
    if (d->secured)
        return refuse(d, ERR_WRITE);
    if (len != HEAD + n + SUFFIX || memcmp(in + n + 4,
                                        "\x10"
                                        "DFU",
                                        4) != 0)
        return refuse(d, ERR_FILE);
    for (unsigned i = 0; i < n; i++)
        d->flash[big(p + 2) + i] &= in[i];
    if (d->spoil && !--d->spoil)
        d->flash[big(p + 2)] ^= 1;
    d->blocks++;
    return 0;
}

static int prepare_read(struct dfu_loader *d, const uint8_t *p, unsigned len)
{
    unsigned n = len == 6 ? range(p + 2) : 0;

    if (d->secured)
        return refuse(d, ERR_FILE);
    if (!n || p[1] > 1)
        return refuse(d, ERR_ADDRESS);
    d->from = big(p + 2);
    d->cnt = (uint16_t)n;
    if (p[1] == 0)
        return n > DFU_READ_MAX ? refuse(d, ERR_ADDRESS) : 0;
    for (; d->cnt; d->from++, d->cnt--) /* blank check; a failure is told by GETSTATUS */
        if (d->flash[d->from] != 0xFF) {
            d->status = ERR_CHECK_ERASED;
            break;
        }
    return 0;
}

static int execute(struct dfu_loader *d, const uint8_t *p, unsigned len)
{
    if (len == 3 && p[1] == 0 && p[2] == 0xFF) {
        memset(d->flash, 0xFF, DFU_LOADER_AT);
        d->secured = false;
        d->erases++;
        return 0;
    }
    if (len == 3 && p[1] == 3 && p[2] == 0) {
        d->launch_due = true;
        return 0;
    }
    return refuse(d, ERR_STALLEDPKT);
}

static int identify(struct dfu_loader *d, const uint8_t *p, unsigned len)
{
    static const struct {
        uint8_t what[2], is;
    } ids[] = {{{0, 0}, 0x00}, {{0, 1}, 0x00}, {{0, 2}, 0x00}, {{1, 0x30}, 0x58}, {{1, 0x31}, 0x1E}, {{1, 0x60}, 0x95},
        {{1, 0x61}, 0x87}};

    for (unsigned i = 0; len == 3 && i < sizeof ids / sizeof *ids; i++)
        if (!memcmp(p + 1, ids[i].what, 2)) {
            d->id = ids[i].is;
            d->id_due = true;
            return 0;
        }
    return refuse(d, ERR_STALLEDPKT);
}

static int download(struct dfu_loader *d, const uint8_t *p, unsigned len)
{
    int r;

    if (d->state == DFU_ERROR || d->state == DFU_DNLOAD_SYNC)
        return refuse(d, ERR_STALLEDPKT);
    if (!len) {
        d->launched = d->launch_due;
        return d->launch_due ? 0 : refuse(d, ERR_STALLEDPKT);
    }
    if (d->launch_due || (p[0] != GROUP_PROGRAM && len > SHORT_MAX))
        return refuse(d, ERR_STALLEDPKT);
    d->cnt = 0;
    d->id_due = false;
    r = p[0] == GROUP_PROGRAM                                                     ? program(d, p, len)
        : p[0] == GROUP_READ                                                      ? prepare_read(d, p, len)
        : p[0] == GROUP_EXEC                                                      ? execute(d, p, len)
        : p[0] == GROUP_ID                                                        ? identify(d, p, len)
        : p[0] == GROUP_SELECT && len == 4 && p[1] == 3 && p[2] == 0 && p[3] == 0 ? 0
                                                                                  : refuse(d, ERR_STALLEDPKT);
    if (!r)
        d->state = p[0] == GROUP_PROGRAM ? DFU_DNLOAD_SYNC : DFU_DNLOAD_IDLE;
    return r;
}

static int upload(struct dfu_loader *d, uint8_t *out, unsigned len)
{
    if (d->state != DFU_DNLOAD_IDLE || len != (d->id_due ? 1U : d->cnt) || !len)
        return refuse(d, ERR_STALLEDPKT);
    if (d->id_due)
        out[0] = d->id;
    else
        memcpy(out, d->flash + d->from, len);
    d->cnt = 0;
    d->id_due = false;
    d->state = DFU_IDLE;
    return (int)len;
}

static int get_status(struct dfu_loader *d, uint8_t *out, unsigned len)
{
    if (len != 6)
        return refuse(d, ERR_STALLEDPKT);
    if (d->state == DFU_DNLOAD_SYNC)
        d->state = DFU_DNLOAD_IDLE;
    memcpy(out, (const uint8_t[]){d->status, 0, 0, 0, (uint8_t)(d->status ? DFU_ERROR : d->state), 0}, 6);
    if (d->status)
        d->state = DFU_ERROR;
    return 6;
}

static int get_descriptor(unsigned what, uint8_t *out, unsigned len)
{
    uint8_t b[64];
    unsigned n = 0, i = what & 0xFF;

    if (what == 0x100)
        memcpy(b, device_desc, n = sizeof device_desc);
    else if (what == 0x200)
        memcpy(b, config_desc, n = sizeof config_desc);
    else if (what == 0x300)
        memcpy(b, "\4\3\x09\4", n = 4);
    else if (what >> 8 == 3 && i <= sizeof strings / sizeof *strings) {
        memset(b, 0, sizeof b);
        for (n = 2; strings[i - 1][n / 2 - 1]; n += 2)
            b[n] = (uint8_t)strings[i - 1][n / 2 - 1];
        b[0] = (uint8_t)n;
        b[1] = 3;
    } else
        return DFU_STALL;
    n = n < len ? n : len;
    memcpy(out, b, n);
    return (int)n;
}

static int class_request(struct dfu_loader *d, unsigned request, uint8_t *data, unsigned len)
{
    switch (request) {
    case DNLOAD:
        return download(d, data, len);
    case UPLOAD:
        return upload(d, data, len);
    case GETSTATUS:
        return get_status(d, data, len);
    case GETSTATE:
        data[0] = (uint8_t)d->state;
        return len == 1 ? 1 : DFU_STALL;
    case CLRSTATUS:
    case ABORT:
        if (len || (request == ABORT && d->state == DFU_ERROR))
            return refuse(d, ERR_STALLEDPKT);
        d->status = OK;
        d->state = DFU_IDLE;
        return 0;
    default:
        return DFU_STALL;
    }
}

int dfu_control(struct dfu_loader *d, const uint8_t s[8], uint8_t *data)
{
    unsigned request = big(s), value = s[2] | (unsigned)s[3] << 8, index = s[4] | (unsigned)s[5] << 8;
    unsigned len = s[6] | (unsigned)s[7] << 8;

    switch (request) {
    case GET_DESCRIPTOR:
        return get_descriptor(value, data, len);
    case GET_STATUS:
        memset(data, 0, len);
        return len == 2 ? 2 : DFU_STALL;
    case GET_CONFIGURATION:
        data[0] = d->config;
        return len == 1 ? 1 : DFU_STALL;
    case SET_CONFIGURATION:
        if (value > 1)
            return DFU_STALL;
        d->config = (uint8_t)value;
        return 0;
    default:
        return d->config && !index ? class_request(d, request, data, len) : DFU_STALL;
    }
}
