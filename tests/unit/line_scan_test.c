/* SPDX-License-Identifier: Apache-2.0 */
/* What drivers of byte streams tell the port. */
#include "client/ports/usb/line_scan.h"
#include "client/ports/usb/port.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static char heard[64], lost[128];
static enum usb_input input;

static void on_scan(void *ctx, const struct usb_scan *s)
{
    (void)ctx;
    assert_true(s->len < sizeof heard);
    memcpy(heard, s->text, s->len + 1);
    input = s->input;
}

static void on_dropped(void *ctx, const char *device, enum usb_input what, const char *text)
{
    (void)ctx;
    (void)device;
    input = what;
    strncpy(lost, text, sizeof lost - 1);
}

static const struct usb_bus_events events = {.scan = on_scan, .dropped = on_dropped};
static const struct usb_env env = {.ev = &events};

static struct line_scan begin(struct usb_port *p, bool swipes)
{
    *p = (struct usb_port){.info = {.as = swipes ? "card" : "scanner"}, .env = &env};
    heard[0] = lost[0] = 0;
    return (struct line_scan){.port = p, .swipes = swipes};
}

/* The machine stood still for a minute in the middle of a scan: what the device had sent meanwhile still belongs to it. */
static void a_pause_of_this_machine_cuts_no_scan(void **state)
{
    struct usb_port p;
    struct line_scan s = begin(&p, false);
    (void)state;
    line_scan_add(&s, "HTTPS://", 8, 1000);
    line_scan_add(&s, "CARD\r", 5, 61000);
    assert_string_equal(heard, "HTTPS://CARD");
    assert_int_equal(p.info.scans, 1);
    line_scan_add(&s, "NEXT", 4, 62000);
    line_scan_tick(&s, 62000 + SCAN_LINE_PATIENCE_MS);
    assert_string_equal(heard, "NEXT");
    assert_int_equal(input, USB_INPUT_CODE);
}

static void of_a_stripe_only_the_number_is_told_and_nothing_stays(void **state)
{
    struct usb_port p;
    struct line_scan s = begin(&p, true);
    (void)state;
    line_scan_add(&s, ";6200000000000005=3012101?\r", 27, 1);
    assert_string_equal(heard, "6200000000000005");
    assert_int_equal(input, USB_INPUT_SWIPE);
    for (size_t i = 0; i < sizeof s.line.text; i++)
        assert_int_equal(s.line.text[i], 0);
    heard[0] = 0;
    line_scan_add(&s, ";E?\r", 4, 2);
    assert_string_equal(heard, "");
    assert_non_null(strstr(lost, "swipe again"));
    assert_int_equal(input, USB_INPUT_SWIPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_pause_of_this_machine_cuts_no_scan),
        cmocka_unit_test(of_a_stripe_only_the_number_is_told_and_nothing_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
