/* SPDX-License-Identifier: Apache-2.0 */
/* What `huika` prints on standard output: JSON, columns, texts that came from elsewhere. */
#ifndef HUIKA_SAY_H
#define HUIKA_SAY_H
#include "base/cli.h"
#include "base/jsonx.h"

/* One line of compact JSON; takes the reference. */
void say_json(json_t *v);
/* A text from the terminal, without what could disturb a screen. NULL prints nothing. */
void say_text(const char *s);
/* The same in exactly `columns` of the screen: cut, or filled up with spaces, at its left end if `right`. */
void say_column(const char *s, size_t columns, bool right);
/* "Label:        " up to the column where values stand. */
void say_label(const char *label);
/* A member as text or number; `absent` if it is not there, null, or of another type. Borrowed. */
const char *say_str(const json_t *v, const char *key, const char *absent);
int64_t say_int(const json_t *v, const char *key, int64_t absent);
/* Its sentence in the user's language from {"zh", "en"}; NULL if there is none. */
const char *say_translation(const json_t *text);
#endif
