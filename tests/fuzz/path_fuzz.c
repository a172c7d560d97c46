/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, the language asked for, and what a browser says that it likes: three lines of one input. */
#include "service/public/form.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *path)
{
    static const char *const after[] = {"", "/dispute", "/voice"};
    char slip[SLIP_TEXT_LEN + 1], again[SLIP_TEXT_LEN + 1], url[8 + SLIP_TEXT_LEN];
    struct slip s;
    int fits = 0;
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        if (!form_slip_path(path, after[i], slip))
            continue;
        fits++;
        assert(strlen(slip) == SLIP_TEXT_LEN && strlen(path) == 3 + SLIP_TEXT_LEN + strlen(after[i]));
        memcpy(url, "/s/", 3);
        memcpy(url + 3, slip, sizeof slip);
        assert(form_slip_path(url, "", again) && !strcmp(slip, again));
        if (!slip_decode(slip, SLIP_TEXT_LEN, &s)) {
            slip_encode(&s, again);
            assert(!strcmp(slip, again));
        }
    }
    assert(fits <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        return 0;
    if (size)
        memcpy(copy, data, size);
    copy[size] = 0;
    char *lang = strchr(copy, '\n'), *accept = lang ? strchr(lang + 1, '\n') : NULL;
    if (lang)
        *lang++ = 0;
    if (accept)
        *accept++ = 0;
    look(copy);
    lang = lang && *lang ? lang : NULL; /* an empty line: not there */
    accept = accept && *accept ? accept : NULL;
    bool zh = form_wants_chinese(lang, accept);
    assert(zh == form_wants_chinese(lang, accept) && (!lang || zh == (strcmp(lang, "en") != 0)));
    assert(form_wants_chinese(NULL, NULL));
    free(copy);
    return 0;
}
