/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a devices.tsv. A line that is refused has a number; what is kept is bounded and found again. */
#include "client/ports/usb/known.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct known_table *t;
    const struct known *k;
    unsigned line = 0;

    if (known_new(&t))
        return 0;
    if (known_add(t, (const char *)data, size, &line) && !line)
        abort();
    k = known_find(t, 0x1234, 0x5678);
    if (k && (k->vid != 0x1234 || !memchr(k->name, 0, sizeof k->name) || !memchr(k->quirk, 0, sizeof k->quirk)))
        abort();
    known_free(&t);
    return 0;
}
