/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/firmware/swipe.h"
#include <stdio.h>
#include <string.h>

enum { WIDTH = 5, PAN_MIN = 13, PAN_MAX = 19, AFTER_PAN = 7, CHARS_MAX = 40 };

/* What interval i is nearest to, in cells (1 or 0.5), and how far off, as a share of that. */
static double nearest(const struct swipe *s, unsigned i, double *off)
{
    double share = (s->edge[i + 1] - s->edge[i]) / s->cell[s->cell_of[i]], ideal = share < 2.0 / 3 ? 0.5 : 1;

    *off = share / ideal - 1;
    return ideal;
}

/* Bits of all intervals; 0 if they are none. */
static unsigned to_bits(const struct swipe *s, uint8_t bit[SWIPE_BITS], struct swipe_verdict *v)
{
    unsigned cnt = 0, halves = 0;
    double off;

    v->fastest = v->slowest = 0;
    for (unsigned i = 0; i + 1 < s->cnt && cnt < SWIPE_BITS; i++) {
        bool half = nearest(s, i, &off) < 1;
        v->fastest = off < v->fastest ? off : v->fastest;
        v->slowest = off > v->slowest ? off : v->slowest;
        if (half && ++halves < 2)
            continue;
        if (!half && halves)
            return 0;
        bit[cnt++] = half;
        halves = 0;
    }
    return halves ? 0 : cnt;
}

static unsigned zeros(const uint8_t *bit, unsigned cnt, unsigned at, int step)
{
    unsigned n = 0;

    for (; at < cnt && !bit[at]; at += (unsigned)step)
        n++;
    return n;
}

/* ISO/IEC 7813: ';' 13-19 digits '=' month and service code, digits '?'. */
static bool is_payment_card(const char *text)
{
    size_t pan = strspn(text + 1, "0123456789"), more;
    const char *tail = text + 1 + pan;

    if (*text != ';' || pan < PAN_MIN || pan > PAN_MAX || *tail != '=')
        return false;
    more = strspn(++tail, "0123456789");
    return more >= AFTER_PAN && tail[more] == '?' && !tail[more + 1] && strlen(text) < CHARS_MAX &&
           (tail[2] == '0' ? tail[3] != '0' : tail[2] == '1' && tail[3] <= '2');
}

/* The track that begins at `at`, read stepwise, with nothing but zeros behind it. */
static bool read_track(const uint8_t *bit, unsigned cnt, unsigned at, int step, char text[SWIPE_TEXT])
{
    unsigned lrc = 0, n = 0;

    for (bool end = false; n < CHARS_MAX; n++) {
        unsigned value = 0, ones = 0;
        for (unsigned i = 0; i < WIDTH; i++, at += (unsigned)step) {
            if (at >= cnt)
                return false;
            ones += bit[at];
            value |= i + 1 < WIDTH ? (unsigned)bit[at] << i : 0;
        }
        if (ones % 2 == 0)
            return false;
        lrc ^= value;
        if (end) {
            text[n] = 0;
            return lrc == 0 && is_payment_card(text) && zeros(bit, cnt, at, step) >= SWIPE_LEAD &&
                   zeros(bit, cnt, at, step) == (step > 0 ? cnt - at : at + 1);
        }
        text[n] = (char)('0' + value);
        end = text[n] == '?';
    }
    return false;
}

void swipe_judge(const struct swipe *s, double noise, struct swipe_verdict *v)
{
    uint8_t bit[SWIPE_BITS];
    unsigned cnt = to_bits(s, bit, v), first, last;
    char back[SWIPE_TEXT];
    bool forward;

    *v->text = 0;
    v->off = v->slowest > -v->fastest ? v->slowest : -v->fastest;
    first = zeros(bit, cnt, 0, 1);
    last = cnt - 1 - zeros(bit, cnt, cnt - 1, -1);
    if (v->off > noise || first == cnt || first < SWIPE_LEAD || cnt - 1 - last < SWIPE_LEAD)
        return;
    forward = read_track(bit, cnt, first, 1, v->text);
    if (!forward)
        *v->text = 0;
    if (read_track(bit, cnt, last, -1, back))
        snprintf(v->text, sizeof v->text, "%s", forward ? "" : back);
}
