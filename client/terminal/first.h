/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal's first run: a state directory that is not enrolled yet. The counter offers the page's first-run screen and takes the
 * enrolment code, from the page, from `huika simulate scan`, or off its QR by a reader; a child process enrols (client/ports/enroll.h
 * blocks), and the loop goes on meanwhile. `huika-terminal enroll` beside it works as well. */
#ifndef HUIKA_FIRST_H
#define HUIKA_FIRST_H
#include "client/terminal/run.h"

struct first_config {
    const char *dir;                       /* the state directory; made if absent */
    const char *socket;                    /* NULL: huika.sock in it */
    const struct sockaddr_storage *listen; /* NULL: no TCP */
    int signal_fd;
    /* Says that it listens: the counter's addresses. */
    void (*ready)(void *ctx, const char *socket, const char *bound);
    void *ctx;
};

/* True if there is nothing enrolled in that directory. */
bool first_needed(const char *dir);
/* Until the directory is enrolled (*told false) or a signal came (*told true). ERR_OK, or why it could not listen. */
enum err first_run(const struct first_config *c, bool *told);
#endif
