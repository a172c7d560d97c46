/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: [section] and key = value (inih), read whole, then asked with type and bounds.
 *
 *     config_load(&c, path)
 *     config_text(&c, "service", "url", NULL)
 *     config_int(&c, "limits", "misses", 0, 1000, 10, &n)
 *
 * Sections and keys are case-sensitive. A line that begins with # or ; is a comment, and so is what follows a blank and a ;.
 * A key twice in a section is an error, for one of them would be silently ignored. */
#ifndef HUIKA_CONFIG_H
#define HUIKA_CONFIG_H
#include "base/buf.h"
#include <stdbool.h>

enum { CONFIG_MAX = 65536, CONFIG_ENTRIES = 256 };

struct config {
    struct buf text; /* section\0key\0value\0 ... */
    size_t cnt;
    int bad_line; /* after ERR_BAD_VALUE: where, counted from 1 */
};

/* ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE, ERR_NOMEM; ERR_BAD_VALUE: not of the form, c->bad_line says where. Release it
 * in any case. */
enum err config_load(struct config *c, const char *path);
/* The same from memory; `text` is closed by 0. */
enum err config_parse(struct config *c, const char *text);
void config_release(struct config *c); /* wipes */

/* Borrowed; `absent` (may be NULL) if there is no such key. */
const char *config_text(const struct config *c, const char *section, const char *key, const char *absent);
/* *out = the value, or `absent` if there is no such key. ERR_BAD_VALUE: not a whole decimal number in min..max. */
enum err config_int(const struct config *c, const char *section, const char *key, int64_t min, int64_t max,
    int64_t absent, int64_t *out);
/* yes/no, true/false, on/off, 1/0. */
enum err config_bool(const struct config *c, const char *section, const char *key, bool absent, bool *out);
#endif
