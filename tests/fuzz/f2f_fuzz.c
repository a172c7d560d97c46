/* SPDX-License-Identifier: Apache-2.0 */
/* Any intervals at the head: no crash, bits within bounds, a track only where the bits are one. Two bytes an interval,
 * little-endian. */
#include "firmware/core/reader.h"
#include "tests/firmware/fake_port.h"
#include <stddef.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct reader_quiet late = {READER_SWIPE_MS, 0};
    uint8_t packet[64];
    struct reader r;

    fake_port_init();
    reader_init(&r, false, false);
    for (size_t i = 0; i + 1 < size; i += 2) {
        reader_interval(&r, i >> 1 & 1, (uint16_t)(data[i] | data[i + 1] << 8));
        reader_interval(&r, 0, (uint16_t)(data[i] | data[i + 1] << 8));
    }
    if (r.f2f[0].cnt > READER_T2_BITS || r.f2f[1].cnt > READER_TX_BITS)
        abort();
    reader_tick(&r, &late);
    for (unsigned n = 0; reader_msr_packet(&r, packet);)
        if (++n > 4)
            abort();
    for (size_t i = 0; i < sizeof r.t2_bits; i++)
        if (r.t2_bits[i])
            abort();
    return 0;
}
