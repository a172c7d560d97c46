/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN  "huika"
#define CATALOG "zh_CN/LC_MESSAGES/" DOMAIN ".mo"

static enum err_lang lang = ERR_LANG_EN;

static const char *wanted(void)
{
    static const char *const vars[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof vars / sizeof *vars; i++) {
        const char *v = getenv(vars[i]);
        if (v && *v)
            return v;
    }
    return "C";
}

/* Beside the program, where it was built or wherever it was installed. */
static void bind_catalogue(void)
{
    static const char *const places[] = {"locale", "../share/locale"};
    char exe[PATH_MAX], dir[PATH_MAX + 32], file[sizeof dir + sizeof CATALOG];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = 0;
    char *slash = strrchr(exe, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        snprintf(dir, sizeof dir, "%.*s%s", (int)(slash + 1 - exe), exe, places[i]);
        snprintf(file, sizeof file, "%s/" CATALOG, dir);
        if (access(file, R_OK))
            continue;
        bindtextdomain(DOMAIN, dir);
        break;
    }
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN);
}

void i18n_init(void)
{
    const char *want = wanted();
    setlocale(LC_CTYPE, "C.UTF-8"); /* our texts are UTF-8, whatever the terminal was told */
    if (strncmp(want, "zh", 2))
        return;
    lang = ERR_LANG_ZH;
    /* Where that locale was never generated, gettext still finds a catalogue by LANGUAGE, but not in the locale "C". */
    if (!setlocale(LC_MESSAGES, want))
        setlocale(LC_MESSAGES, "C.UTF-8");
    setenv("LANGUAGE", "zh_CN", 1);
    bind_catalogue();
}

enum err_lang i18n_lang(void)
{
    return lang;
}
