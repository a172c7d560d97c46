/* SPDX-License-Identifier: Apache-2.0 */
#include "service/http/limits.h"
#include "base/config.h"
#include "base/file.h"
#include <stdio.h>

static enum err take(const struct config *c, struct http_limits *l, char what[static 64])
{
    const struct {
        const char *key;
        int64_t min, max, absent, *out;
    } number[] = {
        {"workers", 1, 256, 16, &l->workers},
        {"queue", 1, 65536, 4096, &l->queue},
        {"per_address", 0, 1000000, 1024, &l->per_address},
        {"idle_s", 1, 3600, 300, &l->idle_s},
        {"request_s", 1, 600, 30, &l->request_s},
    };
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        enum err e =
            config_int(c, "http", number[i].key, number[i].min, number[i].max, number[i].absent, number[i].out);
        if (e != ERR_OK) {
            snprintf(what, 64, "[http] %s", number[i].key);
            return e;
        }
    }
    return ERR_OK;
}

enum err limits_load(const char *dir, struct http_limits *out, char what[static 64])
{
    char path[4096];
    struct http_limits l = {0};
    snprintf(what, 64, "service.ini");
    enum err e = file_path(dir, "service.ini", path, sizeof path);
    if (e != ERR_OK)
        return e;
    struct config c = {0};
    e = config_load(&c, path);
    if (e == ERR_OK)
        e = take(&c, &l, what);
    config_release(&c);
    if (e == ERR_OK)
        *out = l;
    return e;
}
