/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/glyph.h"
#include "client/print/glyph_table.h"

enum { MISSING = 0x3013, FINE = 3, FINE_ROWS = GLYPH_ROWS * FINE };

static const struct glyph_run *find(uint32_t cp)
{
    size_t low = 0, high = glyph_run_cnt;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (cp > glyph_runs[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    return low < glyph_run_cnt && cp >= glyph_runs[low].first ? &glyph_runs[low] : NULL;
}

bool glyph_get(uint32_t cp, struct glyph *out)
{
    const struct glyph_run *r = find(cp);
    if (!r) {
        if (cp != MISSING)
            glyph_get(MISSING, out);
        return false;
    }
    const uint64_t *w = &glyph_words[r->at + (cp - r->first) * r->words];
    unsigned bits = r->words * 4, per_word = 64 / bits;
    out->width = (int)bits;
    for (unsigned y = 0; y < GLYPH_ROWS; y++)
        out->row[y] = (uint16_t)(w[y / per_word] >> (64 - bits * (y % per_word + 1)) & ((1u << bits) - 1));
    return true;
}

static bool dot(const struct glyph *g, int x, int y)
{
    return x >= 0 && y >= 0 && x < g->width && y < GLYPH_ROWS && g->row[y] >> (g->width - 1 - x) & 1;
}

/* Scale3x (Mazzoleni, AdvanceMAME): each dot becomes nine; a corner follows its two neighbours where they agree, so that
 * slanting strokes get no stairs. `i`, `k`: 0..2 within the dot. */
static bool fine(const struct glyph *g, int x, int y)
{
    int i = x % FINE, k = y % FINE;
    x /= FINE;
    y /= FINE;
    bool here = dot(g, x, y);
    if (i == 1 || k == 1)
        return here;
    bool side = dot(g, i ? x + 1 : x - 1, y), other = dot(g, i ? x - 1 : x + 1, y);
    bool above = dot(g, x, k ? y + 1 : y - 1), below = dot(g, x, k ? y - 1 : y + 1);
    return side == above && side != below && above != other ? side : here;
}

/* At least half of the fine dots under it. */
static bool coarse(const struct glyph *g, int x, int y, int across, int down)
{
    int n = 0;
    for (int j = 0; j < down; j++)
        for (int i = 0; i < across; i++)
            n += fine(g, x * across + i, y * down + j);
    return 2 * n >= across * down;
}

void glyph_draw(const struct glyph *g, bool wide, bool tall, uint8_t *bitmap, size_t stride, size_t x)
{
    int across = wide ? 1 : 2, down = tall ? 1 : 2;
    for (int y = 0; y < FINE_ROWS / down; y++)
        for (int i = 0; i < g->width * FINE / across; i++)
            if (coarse(g, i, y, across, down)) {
                size_t at = x + (size_t)i;
                bitmap[(size_t)y * stride + at / 8] |= (uint8_t)(0x80 >> at % 8);
            }
}
