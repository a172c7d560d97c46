/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/line_scan.h"
#include "base/i18n.h"
#include <string.h>

static void swipe(struct line_scan *s)
{
    char number[TRACK2_PAN + 1] = "";

    if (!track2_text(s->line.text, s->line.len, number))
        usb_port_scan(s->port, USB_INPUT_SWIPE, number, strlen(number), NULL);
    else
        usb_port_dropped(s->port, N_("The card's stripe could not be read; swipe again."));
    explicit_bzero(number, sizeof number);
}

static void tell(struct line_scan *s, enum scan_line_result r)
{
    if (r == SCAN_LINE_LONG)
        usb_port_dropped(s->port, N_("The code holds more text than any card; it was left out."));
    if (r != SCAN_LINE_WHOLE)
        return;
    if (s->swipes)
        swipe(s);
    else
        usb_port_scan(s->port, USB_INPUT_CODE, s->line.text, s->line.len, s->line.aim);
    scan_line_reset(&s->line);
}

void line_scan_add(struct line_scan *s, const char *bytes, size_t n, int64_t now_ms)
{
    for (size_t i = 0; i < n; i++)
        tell(s, scan_line_add(&s->line, bytes[i], now_ms));
}

void line_scan_tick(struct line_scan *s, int64_t now_ms)
{
    tell(s, scan_line_tick(&s->line, now_ms));
}

void line_scan_lost(struct line_scan *s)
{
    if (scan_line_reset(&s->line))
        usb_port_dropped(s->port, N_("The scanner failed or went away in mid-scan; scan again."));
}
