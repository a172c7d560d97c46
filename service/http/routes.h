/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of what may be asked, by whom: method, path, role, size, type. What it does not name does not exist. */
#ifndef HUIKA_SERVICE_ROUTES_H
#define HUIKA_SERVICE_ROUTES_H
#include "service/http/http.h"

enum {
    ROUTE_WRITES = 1, /* may block: runs on a worker thread */
    ROUTE_WAITS = 2   /* may be held (long poll) */
};

struct route {
    const char *method, *path; /* path: segments, {…} stands for 1-40 of [0-9A-Za-z_-] */
    enum store_role role;      /* NONE: whoever asks */
    unsigned flags;
    size_t body_max;  /* bytes; 0: a body is refused */
    const char *type; /* content type wanted with a body, without parameters; NULL: no body */
    http_handler *run;
};

/* ERR_OK and *out; ERR_NOT_FOUND: no such path; ERR_METHOD: not with this method, and *allow is a static string for the Allow
 * header. A GET route also answers HEAD. `param` is filled only on ERR_OK. */
enum err routes_find(const char *method, const char *path, const struct route **out,
    char param[static HTTP_PARAMS][HTTP_PARAM_MAX + 1], const char **allow);
/* The table, for tests and start-up checks. */
const struct route *routes_all(size_t *cnt);
/* True if `path` fits `pattern`; the parts go to param (may be partly written on false). */
bool routes_match(const char *pattern, const char *path, char param[static HTTP_PARAMS][HTTP_PARAM_MAX + 1]);
#endif
