/* SPDX-License-Identifier: Apache-2.0 */
/* The running service: opens what `init` made, listens, serves until SIGTERM or SIGINT, drains, closes. */
#ifndef HUIKA_SERVICE_SERVER_H
#define HUIKA_SERVICE_SERVER_H
#include "err.h"

/* `huika-service run DIR`. Blocks. Says one line on standard output once it listens ("huika-service listens on …"). ERR_OK
 * after a clean end. Otherwise what (at least 64 bytes) names what failed, a file, a key of the configuration or the
 * port: ERR_NOT_FOUND, ERR_IO, ERR_BAD_VALUE, ERR_ADDRESS_BUSY (port), ERR_SERVICE_RUNNING, ERR_NOMEM and what
 * keys_load and store_open return. Call it once, before any other thread: it blocks signals and ignores SIGPIPE. */
enum err server_run(const char *dir, char what[static 64]);
#endif
