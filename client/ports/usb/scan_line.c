/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/scan_line.h"
#include <string.h>

static void clear(struct scan_line *l)
{
    explicit_bzero(l->text, sizeof l->text);
    memset(l->aim, 0, sizeof l->aim);
    l->len = 0;
    l->done = false;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ISO/IEC 15424: ], a letter for the symbology, a modifier. */
static void take_aim(struct scan_line *l)
{
    if (l->len < 3 || l->text[0] != ']' || !is_alnum(l->text[1]) || !is_alnum(l->text[2]))
        return;
    memcpy(l->aim, l->text, 3);
    l->len -= 3;
    memmove(l->text, l->text + 3, l->len);
}

static enum scan_line_result finish(struct scan_line *l, bool silent)
{
    bool skipped = l->skipping;

    l->silent = silent;
    l->skipping = false;
    l->done = true;
    while (l->len && !l->text[l->len - 1])
        l->len--;
    if (!l->len || skipped)
        return SCAN_LINE_NOTHING;
    take_aim(l);
    l->text[l->len] = 0;
    return l->len ? SCAN_LINE_WHOLE : SCAN_LINE_NOTHING;
}

enum scan_line_result scan_line_add(struct scan_line *l, char c, int64_t now_ms)
{
    if (l->done)
        clear(l);
    if (!l->len && !l->skipping)
        l->first_ms = now_ms;
    l->last_ms = now_ms;
    if (c == '\r' || c == '\n' || c == '\t')
        return finish(l, false);
    if (l->skipping)
        return SCAN_LINE_NOTHING;
    if (l->len == SCAN_LINE_TEXT) {
        clear(l);
        l->skipping = true;
        return SCAN_LINE_LONG;
    }
    l->text[l->len++] = c;
    return SCAN_LINE_NOTHING;
}

static int64_t gap_end_ms(const struct scan_line *l)
{
    return l->last_ms + (l->silent ? SCAN_LINE_GAP_MS : SCAN_LINE_PATIENCE_MS);
}

static bool is_pending(const struct scan_line *l)
{
    return l->skipping || (l->len && !l->done);
}

int64_t scan_line_deadline_ms(const struct scan_line *l)
{
    int64_t gap = gap_end_ms(l), whole = l->first_ms + SCAN_LINE_WHOLE_MS;

    if (!is_pending(l))
        return INT64_MAX;
    return l->skipping || gap < whole ? gap : whole;
}

enum scan_line_result scan_line_tick(struct scan_line *l, int64_t now_ms)
{
    bool silent = l->silent || now_ms >= gap_end_ms(l);

    return now_ms >= scan_line_deadline_ms(l) ? finish(l, silent) : SCAN_LINE_NOTHING;
}

bool scan_line_reset(struct scan_line *l)
{
    bool pending = is_pending(l) && !l->skipping;

    clear(l);
    l->skipping = false;
    return pending;
}
