/* SPDX-License-Identifier: Apache-2.0 */
/* From a report's arrival to the scan event, by the drivers that ship; and what it takes to understand a report descriptor.
 *
 *     readers_bench scanner|keyboard|serial|card|descriptor N     a card's QR of 156 characters, or one swipe, N times
 *
 * Prints the median in ns. How many instructions one takes is the difference of two runs with different N under callgrind. */
#include "client/ports/usb/drivers.h"
#include "client/ports/usb/port.h"
#include "tests/usb/kinds.h"
#include <stdio.h>
#include <time.h>

enum { REPORTS = 512, ROUNDS_MAX = 100000, CARD = 156 };

struct delivery {
    uint8_t bytes[REPORTS][KIND_REPORT];
    unsigned len[REPORTS], cnt;
};

static unsigned events;
static int64_t took[ROUNDS_MAX];

static void on_scan(void *ctx, const struct usb_scan *scan)
{
    (void)ctx;
    (void)scan;
    events++;
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static const char *card(void)
{
    static char text[CARD + 1];
    static const char head[] = "HTTPS://CARD.EXAMPLE.TEST/C/";

    for (int i = 0; i < CARD; i++)
        text[i] = i < (int)sizeof head - 1 ? head[i] : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[i * 7 % 32];
    return text;
}

static void make_scans(struct delivery *d)
{
    for (int at = 0; at < CARD; at += SCANNER_DATA) {
        int n = CARD - at < SCANNER_DATA ? CARD - at : SCANNER_DATA;
        scanner_report(&scanner_layouts[0], d->bytes[d->cnt], "]Q1", card() + at, (size_t)n, at + n < CARD);
        d->len[d->cnt++] = SCANNER_REPORT;
    }
}

static void make_keys(struct delivery *d)
{
    for (int i = 0; i <= CARD; i++) {
        bool shift;
        uint8_t key = kind_key(i < CARD ? card()[i] : '\r', &shift);
        d->len[d->cnt] = kind_key_report(d->bytes[d->cnt], key, shift);
        d->cnt++;
        d->len[d->cnt] = kind_key_report(d->bytes[d->cnt], 0, false);
        d->cnt++;
    }
}

static void make_packets(struct delivery *d)
{
    for (int i = 0; i <= CARD; i++) {
        if (i % 64 == 0)
            d->cnt++;
        d->bytes[d->cnt - 1][i % 64] = (uint8_t)(i < CARD ? card()[i] : '\r');
        d->len[d->cnt - 1] = (unsigned)i % 64 + 1;
    }
}

static void make_swipe(struct delivery *d)
{
    d->len[d->cnt] = kind_swipe_report(d->bytes[d->cnt], ";6200000000000001=30121010000000000?", false);
    d->cnt++;
}

static bool plan_of(const struct usb_driver *driver, union usb_plan *out)
{
    static struct hid_desc d;

    if (driver == &driver_pos)
        return !hid_desc_parse(&d, scanner_desc_aim, sizeof scanner_desc_aim) && !hid_pos_plan_init(&out->pos, &d);
    if (driver == &driver_kbd)
        return !hid_desc_parse(&d, scanner_desc_keyboard, sizeof scanner_desc_keyboard) &&
               !hid_kbd_plan_init(&out->kbd, &d);
    if (driver == &driver_msr)
        return !hid_desc_parse(&d, kind_desc_msr, sizeof kind_desc_msr) && !hid_msr_plan_init(&out->msr, &d);
    return true;
}

static void measure(const struct usb_driver *driver, const struct delivery *d, unsigned rounds)
{
    static const struct known keyboard = {.mode = KNOWN_HID_KEYBOARD};
    const struct usb_bus_events ev = {.scan = on_scan};
    const struct usb_env env = {.ev = &ev};
    struct usb_port port = {.driver = driver, .known = &keyboard, .env = &env};
    void *self = calloc(1, driver->size);
    union usb_plan plan;

    if (!self || !plan_of(driver, &plan))
        exit(1);
    driver->attach(self, &port, &plan);
    for (unsigned i = 0; i < rounds; i++) {
        int64_t from = now_ns();
        for (unsigned k = 0; k < d->cnt; k++)
            driver->receive(self, d->bytes[k], d->len[k], i + 1);
        took[i] = now_ns() - from;
    }
    if (events != rounds)
        exit(1);
    free(self);
}

static void measure_descriptor(unsigned rounds)
{
    union usb_plan plan;

    for (unsigned i = 0; i < rounds; i++) {
        int64_t from = now_ns();
        if (!plan_of(&driver_pos, &plan))
            exit(1);
        took[i] = now_ns() - from;
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const struct usb_driver *driver;
        void (*make)(struct delivery *d);
    } items[] = {{"scanner", &driver_pos, make_scans}, {"keyboard", &driver_kbd, make_keys},
        {"serial", &driver_cdc, make_packets}, {"card", &driver_msr, make_swipe}, {"descriptor", NULL, NULL}};
    static struct delivery d;
    unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

    if (argc != 3 || rounds > ROUNDS_MAX)
        return 2;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        if (strcmp(items[i].name, argv[1]) != 0)
            continue;
        if (items[i].make)
            items[i].make(&d);
        if (items[i].driver)
            measure(items[i].driver, &d, rounds);
        else
            measure_descriptor(rounds);
        qsort(took, rounds, sizeof *took, by_value);
        printf("%lld\n", (long long)took[rounds / 2]);
        return 0;
    }
    return 2;
}
