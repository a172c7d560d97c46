/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/say.h"
#include "base/text.h"
#include "base/width.h"
#include <stdlib.h>
#include <string.h>

enum { LABEL_COLUMNS = 16 };

void say_json(json_t *v)
{
    if (v)
        json_dumpf(v, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(v);
}

/* A cleaned copy; NULL if out of memory. JSON has made sure that it is UTF-8. */
static char *cleaned(const char *s)
{
    char *copy = strdup(s);
    if (copy)
        text_clean(copy);
    return copy;
}

void say_text(const char *s)
{
    char *copy = s ? cleaned(s) : NULL;
    if (copy)
        fputs(copy, stdout);
    free(copy);
}

void say_column(const char *s, size_t columns, bool right)
{
    char *copy = cleaned(s);
    if (!copy)
        return;
    copy[width_fit(copy, columns)] = 0;
    int fill = (int)(columns - width_text(copy));
    printf("%*s%s%*s", right ? fill : 0, "", copy, right ? 0 : fill, "");
    free(copy);
}

void say_label(const char *label)
{
    size_t used = width_text(label);
    printf("%s%*s", label, (int)(used < LABEL_COLUMNS ? LABEL_COLUMNS - used : 1), "");
}

const char *say_str(const json_t *v, const char *key, const char *absent)
{
    const json_t *m = json_object_get(v, key);
    return json_is_string(m) ? json_string_value(m) : absent;
}

int64_t say_int(const json_t *v, const char *key, int64_t absent)
{
    const json_t *m = json_object_get(v, key);
    return json_is_integer(m) ? json_integer_value(m) : absent;
}

const char *say_translation(const json_t *text)
{
    return say_str(text, i18n_lang() == ERR_LANG_ZH ? "zh" : "en", NULL);
}
