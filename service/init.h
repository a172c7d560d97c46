/* SPDX-License-Identifier: Apache-2.0 */
/* `huika-service init DIR`: everything that docs/protocol.md lists under "Keys and certificates", the configuration, an
 * empty database with the province (410000) and a first administrator. */
#ifndef HUIKA_INIT_H
#define HUIKA_INIT_H
#include "base/buf.h"

struct init_options {
    const char *dir;
    const char *hosts;                    /* comma-separated names and addresses */
    const char *public_host;              /* NULL: the first of hosts; stands in card QRs, at most 39 characters */
    const char *public_cert, *public_key; /* NULL: none; paths, checked to be readable */
    int port, public_port;
};

/* Works in DIR.tmp-XXXXXX and renames it when everything is on disk: DIR is there whole or not at all. ERR_EXISTS
 * (something is at DIR; nothing was changed), ERR_BAD_VALUE or ERR_TOO_LARGE with the option's
 * name in why, ERR_IO, ERR_DISK_FULL. */
enum err init_make(const struct init_options *o, int64_t at_utc_ms, char why[static 64]);
#endif
