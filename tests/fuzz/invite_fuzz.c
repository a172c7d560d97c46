/* SPDX-License-Identifier: Apache-2.0 */
/* Invitation codes as people type them. */
#include "proto/invite.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct invite v = {0}, w = {0};
    char text[INVITE_TEXT_MAX + 1];
    if (invite_decode((const char *)data, size, &v))
        return 0;
    assert(invite_host_ok(v.host) && v.port);
    assert(!invite_encode(&v, text) && strlen(text) <= INVITE_TEXT_MAX);
    assert(!invite_decode(text, strlen(text), &w) && !memcmp(&v, &w, sizeof v));
    return 0;
}
