/* SPDX-License-Identifier: Apache-2.0 */
/* The counter's two listening sockets. */
#ifndef HUIKA_COUNTER_SOCKETS_H
#define HUIKA_COUNTER_SOCKETS_H
#include "err.h"
#include <stdint.h>
#include <sys/socket.h>

/* Mode 0660, group huika where there is one, which may then also pass through a private directory of ours that the socket lies
 * in (0710). A socket that nobody listens on any more is replaced; ERR_ADDRESS_BUSY: somebody does; ERR_EXISTS: something else stands there; ERR_TOO_LARGE: path too long for a socket address; ERR_IO. */
enum err sockets_unix(const char *path, int *fd);
/* ERR_ADDRESS_BUSY: the port is taken; ERR_IO. *port: as bound. */
enum err sockets_tcp(const struct sockaddr_storage *sa, int *fd, uint16_t *port);
#endif
