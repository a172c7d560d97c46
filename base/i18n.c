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

static void bind_catalogue(void)
{
    char exe[PATH_MAX], dir[PATH_MAX + sizeof "/locale"], file[sizeof dir + sizeof CATALOG];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    bindtextdomain(DOMAIN, HUIKA_LOCALEDIR);
    if (access(HUIKA_LOCALEDIR "/" CATALOG, R_OK) && n > 0) {
        exe[n] = 0;
        char *slash = strrchr(exe, '/');
        if (slash)
            *slash = 0;
        snprintf(dir, sizeof dir, "%s/locale", exe);
        snprintf(file, sizeof file, "%s/" CATALOG, dir);
        if (!access(file, R_OK))
            bindtextdomain(DOMAIN, dir);
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
