/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses a decoder of proto/body.h, the rest is its text. What it takes can be written, and what was written
 * is taken and written the same. */
#include "proto/body.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEEP(what) (void)(what)
#define ROUND(what, release)                                                                                           \
    static void round_##what(const char *text, size_t len)                                                             \
    {                                                                                                                  \
        static struct body_##what v, w;                                                                                \
        struct buf one, two;                                                                                           \
        buf_init(&one, 4 * BODY_MAX);                                                                                  \
        buf_init(&two, 4 * BODY_MAX);                                                                                  \
        if (!body_##what##_decode(text, len, &v)) {                                                                    \
            assert(!body_##what##_encode(&v, &one));                                                                   \
            if (one.len <= BODY_MAX) {                                                                                 \
                assert(!body_##what##_decode(buf_str(&one), one.len, &w));                                             \
                assert(!body_##what##_encode(&w, &two));                                                               \
                assert(one.len == two.len && !memcmp(one.data, two.data, one.len));                                    \
                release(&w);                                                                                           \
            }                                                                                                          \
            release(&v);                                                                                               \
        }                                                                                                              \
        buf_release(&one);                                                                                             \
        buf_release(&two);                                                                                             \
    }

ROUND(verify, KEEP)
ROUND(verdict, KEEP)
ROUND(reserve, KEEP)
ROUND(reserved, KEEP)
ROUND(batch, body_batch_release)
ROUND(results, KEEP)
ROUND(sale, body_sale_release)
ROUND(blob, KEEP)
ROUND(refusal, KEEP)
ROUND(notice_applied, KEEP)
ROUND(started, KEEP)
ROUND(clock_step, KEEP)
ROUND(void, KEEP)
ROUND(void_blob, KEEP)
ROUND(void_ask, KEEP)
ROUND(void_answer, KEEP)
ROUND(dispute, KEEP)
ROUND(dispute_blob, KEEP)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const rounds[])(const char *, size_t) = {round_verify, round_verdict, round_reserve, round_reserved,
        round_batch, round_results, round_sale, round_blob, round_refusal, round_notice_applied, round_started,
        round_clock_step, round_void, round_void_blob, round_void_ask, round_void_answer, round_dispute,
        round_dispute_blob};
    if (size && *data >= 'a' && *data < 'a' + (int)(sizeof rounds / sizeof *rounds))
        rounds[*data - 'a']((const char *)data + 1, size - 1);
    return 0;
}
