/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket, made by ourselves so that its options are ours. */
#ifndef HUIKA_SERVICE_LISTEN_H
#define HUIKA_SERVICE_LISTEN_H
#include "err.h"
#include <stdint.h>

/* Binds and listens, non-blocking, TCP_NODELAY (connections inherit it). address: IPv4 or IPv6 in digits; "" or "::" is all
 * of this machine, both families. ERR_BAD_VALUE: no such form; ERR_ADDRESS_BUSY: the port is taken; ERR_IO: anything else (no
 * such address here, not permitted). *fd is the caller's. */
enum err listen_open(const char *address, uint16_t port, int *fd);
#endif
