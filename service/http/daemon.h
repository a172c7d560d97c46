/* SPDX-License-Identifier: Apache-2.0 */
/* Starts libmicrohttpd as the service wants it: TLS 1.3 only, its own threads, every bound named. */
#ifndef HUIKA_SERVICE_DAEMON_H
#define HUIKA_SERVICE_DAEMON_H
#include "service/http/service.h"
#include <microhttpd.h>

/* Reads DIR/server.key, server.crt, terminal-ca.crt and admin-ca.crt, binds, starts. End it with MHD_stop_daemon. ERR_ADDRESS_BUSY (port),
 * ERR_NOT_FOUND, ERR_IO, ERR_BAD_VALUE (address, key or certificate) with what. */
enum err daemon_start(const char *dir, struct service *s, struct MHD_Daemon **out, char what[static 64]);
#endif
