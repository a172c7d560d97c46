/* SPDX-License-Identifier: Apache-2.0 */
/* Control requests (USB 2.0, chapter 9; HID 1.11, chapter 7), a step at a time.
 *
 *     ep0_reset(&e)                 after each bus reset
 *     ep0_poll(&e, &features)       each turn of the main loop
 *     if (e.config) ...
 *
 * Never waits for the host, so that a slow one costs no edge of a swipe. A request that is not understood to the last
 * bit is refused (STALL). Endpoints: core/port.h. */
#ifndef HUIKA_FW_EP0_H
#define HUIKA_FW_EP0_H
#include <stdbool.h>
#include <stdint.h>

enum { EP0_FEATURE_MAX = 16, EP0_BUF = 18 /* the device descriptor; the serial number */ };

/* Who answers feature reports; `ctx` is handed back. */
struct ep0_features {
    void *ctx;
    /* Fills `out` behind the report id; its length, 0: there is no such report to read. At most EP0_FEATURE_MAX - 1. */
    uint8_t (*get)(void *ctx, uint8_t id, uint8_t *out); /* READER_UNIT_ID is the serial number, too */
    /* False: refused. `len` bytes behind the report id. Called before the host learns that it worked. */
    bool (*set)(void *ctx, uint8_t id, const uint8_t *in, uint8_t len);
};

struct ep0 {
    enum ep0_state { EP0_IDLE, EP0_DATA_IN, EP0_STATUS_OUT, EP0_DATA_OUT, EP0_STATUS_IN } state;
    uint8_t config;  /* the value that the host chose, 0: none */
    uint8_t address; /* to take when the status stage is through */
    uint8_t halted;  /* a bit per endpoint */
    uint8_t idle[2]; /* SET_IDLE, 4 ms units: kept, as reports come on change only */
    uint8_t setup[8];
    uint8_t buf[EP0_BUF]; /* answers from memory; what lies behind is zeros */
    const uint8_t *flash; /* answers from flash; NULL: buf */
    uint16_t at, len;     /* of the data stage */
    bool zlp;             /* an empty packet must say that this is all */
};

void ep0_reset(struct ep0 *e);
void ep0_poll(struct ep0 *e, const struct ep0_features *f);
#endif
