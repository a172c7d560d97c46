/* SPDX-License-Identifier: Apache-2.0 */
/* Any host on the control endpoint: the core neither sends more than was asked for, nor waits for ever, nor lets the boot
 * loader in. Steps of nine bytes: what happens, then a SETUP or an OUT packet. */
#include "firmware/core/reader.h"
#include "tests/firmware/fake_port.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r;
    struct ep0 e;
    const struct ep0_features f = {&r, reader_feature_get, reader_feature_set};

    fake_port_init();
    reader_init(&r, false, false);
    ep0_reset(&e);
    for (; size >= 9; data += 9, size -= 9) {
        if (data[0] & 1) {
            fake_port.setup_there = true;
            memcpy(fake_port.setup, data + 1, 8);
        } else if (data[0] & 2) {
            fake_port.out_there = true;
            fake_port.out_len = data[0] >> 2;
            memcpy(fake_port.out, data + 1, 8);
        } else
            fake_port.in_free = true;
        for (unsigned i = 0; i < 4; i++) {
            ep0_poll(&e, &f);
            if (data[0] & 0x40)
                fake_port.in_free = true;
        }
        if (fake_port.misuse || fake_port.stalls > 1 || e.config > 1 || r.boot_granted || r.settings.unit[0])
            abort();
        if (fake_port.in_len > (unsigned)(fake_port.setup[6] | fake_port.setup[7] << 8))
            abort();
    }
    return 0;
}
