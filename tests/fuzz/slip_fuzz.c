/* SPDX-License-Identifier: Apache-2.0 */
/* References and slips' codes as people and cameras bring them. */
#include "base/text.h"
#include "proto/ref.h"
#include "proto/slip.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ref r, again;
    struct slip s, t;
    char text[REF_LEN_MAX + 1], code[SLIP_TEXT_LEN + 1];
    if (!ref_parse((const char *)data, size, &r)) {
        assert(r.number >= 1 && r.epoch && r.seq && !ref_format(&r, text));
        assert(!ref_parse(text, strlen(text), &again) && again.number == r.number && again.seq == r.seq);
    }
    if (!slip_decode((const char *)data, size, &s)) {
        assert(s.epoch && s.seq);
        slip_encode(&s, code);
        assert(!slip_decode(code, SLIP_TEXT_LEN, &t) && !memcmp(&s, &t, sizeof s));
    }
    return 0;
}
