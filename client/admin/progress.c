/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin/progress.h"
#include "base/i18n.h"
#include "base/tm.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 30 };

void progress_start(struct progress *p, off_t size, bool quiet)
{
    const char *term = getenv("TERM");
    *p = (struct progress){.size = size, .started_mono_ms = tm_mono_ms()};
    p->shown = !quiet && isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb"));
    progress_show(p, 0, 0);
}

void progress_show(struct progress *p, off_t done, int64_t lines)
{
    char bar[BAR + 1];
    if (!p->shown)
        return;
    int part = p->size > 0 ? (int)(done * 100 / p->size) : 100;
    int64_t ms = tm_mono_ms() - p->started_mono_ms;
    part = part > 100 ? 100 : part;
    for (int i = 0; i < BAR; i++)
        bar[i] = i * 100 < part * BAR ? '#' : '.';
    bar[BAR] = 0;
    fprintf(stderr, "\r[%s] %3d %%  ", bar, part);
    fprintf(stderr, _("%" PRId64 " lines, %" PRId64 " a second"), lines, ms > 0 ? lines * 1000 / ms : 0);
    fputs("\x1b[K", stderr);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
}
