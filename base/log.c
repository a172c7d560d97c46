/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/tm.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 1000 };
static enum log_level min_level = LOG_INFO;

void log_set_level(enum log_level min)
{
    min_level = min;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char line[LINE_MAX_LEN + 2], when[TM_RFC3339_LEN + 1];
    if (level < min_level)
        return;
    tm_rfc3339(tm_wall_utc_ms(), when);
    int head = snprintf(line, sizeof line, "%s %s ", when, names[level]);
    va_list ap;
    va_start(ap, fmt);
    int body = vsnprintf(line + head, (size_t)(LINE_MAX_LEN - head), fmt, ap);
    va_end(ap);
    if (body < 0)
        return;
    int len = head + body < LINE_MAX_LEN ? head + body : LINE_MAX_LEN - 1;
    for (int i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len] = '\n';
    ssize_t n = write(STDERR_FILENO, line, (size_t)len + 1);
    (void)n; /* nowhere left to complain */
}
