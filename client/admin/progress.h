/* SPDX-License-Identifier: Apache-2.0 */
/* A bar on standard error while something long is under way: only on a terminal, never with --json. */
#ifndef HUIKA_ADMIN_PROGRESS_H
#define HUIKA_ADMIN_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct progress {
    bool shown;
    off_t size;
    int64_t started_mono_ms;
};

/* size: bytes in all. */
void progress_start(struct progress *p, off_t size, bool quiet);
void progress_show(struct progress *p, off_t done, int64_t lines);
/* Takes the bar away again. */
void progress_end(struct progress *p);
#endif
