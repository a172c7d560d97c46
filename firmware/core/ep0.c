/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/core/ep0.h"
#include "firmware/core/desc.h"
#include "firmware/core/flash.h"
#include "firmware/core/port.h"
#include "proto/reader_report.h"

/* bmRequestType << 8 | bRequest */
enum {
    DEVICE_GET_STATUS = 0x8000,
    INTERFACE_GET_STATUS = 0x8100,
    ENDPOINT_GET_STATUS = 0x8200,
    ENDPOINT_CLEAR_FEATURE = 0x0201,
    ENDPOINT_SET_FEATURE = 0x0203,
    SET_ADDRESS = 0x0005,
    DEVICE_GET_DESCRIPTOR = 0x8006,
    INTERFACE_GET_DESCRIPTOR = 0x8106,
    GET_CONFIGURATION = 0x8008,
    SET_CONFIGURATION = 0x0009,
    GET_INTERFACE = 0x810A,
    SET_INTERFACE = 0x010B,
    HID_GET_REPORT = 0xA101,
    HID_GET_IDLE = 0xA102,
    HID_SET_REPORT = 0x2109,
    HID_SET_IDLE = 0x210A
};
enum { TYPE_INPUT = 1, TYPE_FEATURE = 3, FEATURE_INTERFACE = 1 };

void ep0_reset(struct ep0 *e)
{
    *e = (struct ep0){.state = EP0_IDLE};
}

static uint16_t word(const struct ep0 *e, uint8_t at)
{
    return (uint16_t)(e->setup[at] | e->setup[at + 1] << 8);
}

static void refuse(struct ep0 *e)
{
    e->state = EP0_IDLE;
    port_stall();
}

static void finish(struct ep0 *e)
{
    port_in_put(e->buf, 0);
    e->state = EP0_STATUS_IN;
}

/* Starts the data stage: `len` bytes from e->flash or e->buf, no more than were asked for. */
static void answer(struct ep0 *e, uint16_t len)
{
    uint16_t asked = word(e, 6);

    if (!asked) { /* a read without data stage: the host ends it with an IN of its own */
        finish(e);
        return;
    }
    e->zlp = len < asked && len % DESC_EP0_SIZE == 0;
    e->len = len < asked ? len : asked;
    e->at = 0;
    e->state = EP0_DATA_IN;
}

static void answer_buf(struct ep0 *e, uint8_t first, uint8_t second, uint16_t len)
{
    e->buf[0] = first;
    e->buf[1] = second;
    answer(e, len);
}

static void clear_buf(struct ep0 *e)
{
    for (uint8_t i = 0; i < EP0_BUF; i++)
        e->buf[i] = 0;
}

/* The unit number as a string, or else the device descriptor that says whether there is one. False: there is none. */
static bool unit_descriptor(struct ep0 *e, bool string, const struct ep0_features *f)
{
    uint8_t unit[EP0_FEATURE_MAX], n = f->get(f->ctx, READER_UNIT_ID, unit), len = DESC_DEVICE_LEN;
    const uint8_t *flash;

    if (string) {
        clear_buf(e);
        for (uint8_t i = 0; i < n; i++)
            e->buf[2 + 2 * i] = unit[i];
        len = (uint8_t)(2 + 2 * n);
        e->buf[0] = len;
        e->buf[1] = DESC_STRING;
    } else {
        desc_get(DESC_DEVICE, 0, 0, &flash);
        for (uint8_t i = 0; i < len; i++)
            e->buf[i] = flash_byte(flash + i);
        e->buf[DESC_SERIAL_AT] = n ? DESC_SERIAL : 0;
    }
    if (!string || n)
        answer(e, len);
    return !string || n;
}

static void get_descriptor(struct ep0 *e, bool hid, const struct ep0_features *f)
{
    bool hid_type = e->setup[3] >= 0x20;
    uint16_t len = 0, what = word(e, 2);

    if (!hid && (what == DESC_DEVICE << 8 || what == (DESC_STRING << 8 | DESC_SERIAL))) {
        if (!unit_descriptor(e, what != DESC_DEVICE << 8, f))
            refuse(e);
        return;
    }
    if (hid == hid_type && (!hid || !e->setup[5]))
        len = desc_get(e->setup[3], e->setup[2], e->setup[4], &e->flash);
    if (len)
        answer(e, len);
    else
        refuse(e);
}

static void set_configuration(struct ep0 *e)
{
    if (word(e, 2) > 1 || word(e, 4) || word(e, 6)) {
        refuse(e);
        return;
    }
    e->config = e->setup[2];
    e->halted = 0;
    port_configure(e->config);
    finish(e);
}

static void set_address(struct ep0 *e)
{
    if (word(e, 2) > 127 || word(e, 4) || word(e, 6) || e->config) {
        refuse(e);
        return;
    }
    e->address = e->setup[2] | 0x80;
    finish(e);
}

/* Endpoint 1 or 2 from wIndex, else 0. */
static uint8_t endpoint(const struct ep0 *e)
{
    uint16_t index = word(e, 4);

    return e->config && (index == (0x80 | DESC_EP_SCAN) || index == (0x80 | DESC_EP_MSR)) ? index & 3 : 0;
}

static void endpoint_status(struct ep0 *e)
{
    uint8_t ep = endpoint(e);

    if (word(e, 2) || (!ep && (word(e, 4) & 0xFF7F)))
        refuse(e);
    else
        answer_buf(e, e->halted >> ep & 1, 0, 2);
}

static void endpoint_feature(struct ep0 *e, bool on)
{
    uint8_t ep = endpoint(e);

    if (!ep || word(e, 2) || word(e, 6)) {
        refuse(e);
        return;
    }
    e->halted = (uint8_t)((e->halted & ~(1 << ep)) | on << ep);
    port_halt(ep, on);
    finish(e);
}

static void get_report(struct ep0 *e, const struct ep0_features *f)
{
    uint8_t id = e->setup[2], type = e->setup[3], interface = e->setup[4], n = 0;

    clear_buf(e);
    if (type == TYPE_FEATURE && interface == FEATURE_INTERFACE)
        n = f->get(f->ctx, id, e->buf + 1);
    if (n)
        answer_buf(e, id, e->buf[1], (uint16_t)(n + 1));
    else if (type == TYPE_INPUT && interface == 0 && id == READER_SCAN_ID) /* nothing is held back for askers */
        answer_buf(e, id, 0, READER_SCAN_LEN);
    else if (type == TYPE_INPUT && interface == 1 && id == READER_MSR_ID)
        answer_buf(e, id, 0, READER_MSR_LEN);
    else
        refuse(e);
}

static void set_report(struct ep0 *e)
{
    uint16_t len = word(e, 6);

    if (e->setup[3] != TYPE_FEATURE || e->setup[4] != FEATURE_INTERFACE || len < 2 || len > EP0_FEATURE_MAX) {
        refuse(e);
        return;
    }
    e->at = 0;
    e->len = len;
    e->state = EP0_DATA_OUT;
}

static void set_idle(struct ep0 *e)
{
    if (word(e, 6)) {
        refuse(e);
        return;
    }
    e->idle[e->setup[4]] = e->setup[3];
    finish(e);
}

/* Requests to an interface that there is, in the configured state. */
static void interface_request(struct ep0 *e, uint16_t request, const struct ep0_features *f)
{
    switch (request) {
    case INTERFACE_GET_STATUS:
    case GET_INTERFACE:
        answer_buf(e, 0, 0, request == GET_INTERFACE ? 1 : 2);
        return;
    case SET_INTERFACE: /* there is but one setting; it resets the toggle (USB 2.0, 9.1.1.5) */
        if (word(e, 2) || word(e, 6))
            break;
        e->halted &= (uint8_t) ~(2 << e->setup[4]);
        port_halt(e->setup[4] + 1, false);
        finish(e);
        return;
    case HID_GET_REPORT:
        get_report(e, f);
        return;
    case HID_SET_REPORT:
        set_report(e);
        return;
    case HID_GET_IDLE:
        answer_buf(e, e->idle[e->setup[4]], 0, 1);
        return;
    case HID_SET_IDLE:
        set_idle(e);
        return;
    default:
        break;
    }
    refuse(e);
}

static void begin(struct ep0 *e, const struct ep0_features *f)
{
    uint16_t request = (uint16_t)(e->setup[0] << 8 | e->setup[1]);

    e->flash = 0;
    e->address = 0;
    switch (request) {
    case DEVICE_GET_DESCRIPTOR:
        get_descriptor(e, false, f);
        return;
    case INTERFACE_GET_DESCRIPTOR:
        get_descriptor(e, true, f);
        return;
    case SET_ADDRESS:
        set_address(e);
        return;
    case SET_CONFIGURATION:
        set_configuration(e);
        return;
    case GET_CONFIGURATION:
        answer_buf(e, e->config, 0, 1);
        return;
    case DEVICE_GET_STATUS: /* bus-powered, no remote wakeup */
        answer_buf(e, 0, 0, 2);
        return;
    case ENDPOINT_GET_STATUS:
        endpoint_status(e);
        return;
    case ENDPOINT_CLEAR_FEATURE:
    case ENDPOINT_SET_FEATURE:
        endpoint_feature(e, request == ENDPOINT_SET_FEATURE);
        return;
    default:
        break;
    }
    if (e->config && (e->setup[0] & 0x1F) == 1 && word(e, 4) < DESC_INTERFACES)
        interface_request(e, request, f);
    else
        refuse(e);
}

static void send_next(struct ep0 *e)
{
    uint16_t left = e->len - e->at;
    uint8_t n = left < DESC_EP0_SIZE ? (uint8_t)left : DESC_EP0_SIZE;
    uint8_t packet[DESC_EP0_SIZE];

    if (e->flash)
        port_in_put_flash(e->flash + e->at, n);
    else {
        for (uint8_t i = 0; i < n; i++)
            packet[i] = e->at + i < EP0_BUF ? e->buf[e->at + i] : 0;
        port_in_put(packet, n);
    }
    e->at += n;
    if (n < DESC_EP0_SIZE || (e->at == e->len && !e->zlp))
        e->state = EP0_STATUS_OUT;
}

static void take_data(struct ep0 *e, const struct ep0_features *f)
{
    uint8_t n = port_out_take(e->buf, EP0_FEATURE_MAX);

    if (n == e->len && e->buf[0] == e->setup[2] && f->set(f->ctx, e->buf[0], e->buf + 1, (uint8_t)(n - 1)))
        finish(e);
    else
        refuse(e);
}

void ep0_poll(struct ep0 *e, const struct ep0_features *f)
{
    if (port_setup(e->setup)) {
        e->state = EP0_IDLE;
        begin(e, f);
        return;
    }
    switch (e->state) {
    case EP0_DATA_IN:
        if (port_out_ready()) { /* the host has seen enough */
            port_out_take(e->buf, 0);
            e->state = EP0_IDLE;
        } else if (port_in_ready())
            send_next(e);
        break;
    case EP0_STATUS_OUT:
        if (port_out_ready()) {
            port_out_take(e->buf, 0);
            e->state = EP0_IDLE;
        }
        break;
    case EP0_DATA_OUT:
        if (port_out_ready())
            take_data(e, f);
        break;
    case EP0_STATUS_IN:
        if (port_in_ready()) {
            if (e->address)
                port_address(e->address & 0x7F);
            e->address = 0;
            e->state = EP0_IDLE;
        }
        break;
    case EP0_IDLE:
        break;
    }
}
