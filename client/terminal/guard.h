/* SPDX-License-Identifier: Apache-2.0 */
/* What the process does about itself. */
#ifndef HUIKA_GUARD_H
#define HUIKA_GUARD_H

/* First thing in main: no core dumps, no debugger of the same user (numbers and tokens pass through this memory), memory of JSON
 * and of requests wiped when freed, small heaps. */
void guard_process(void);
/* Lets go of the code and constants that only the start and the first handshake needed: they are files' pages, and come back by
 * themselves if they are wanted again. Does so at the first call only: when the terminal is online. */
void guard_let_go(void);
/* Blocks SIGTERM and SIGINT and gives a descriptor to read them from; ignores SIGPIPE. -1 if that fails. */
int guard_signals(void);
/* Tells systemd "READY=1" or "STOPPING=1" (sd_notify(3)); nothing without NOTIFY_SOCKET. */
void guard_notify(const char *state);
#endif
