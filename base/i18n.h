/* SPDX-License-Identifier: Apache-2.0 */
/* The language of programs: Chinese under a zh locale, English otherwise. Texts stand in the source in English,
 * _("..."); po/zh_CN.po translates them. Texts of errors come from proto/errors.tsv instead (err_text). */
#ifndef HUIKA_I18N_H
#define HUIKA_I18N_H
#include "err.h"
#include <libintl.h>

#define _(s)  gettext(s)
#define N_(s) s /* marks a text that is translated where it is printed */

/* Reads LC_ALL, LC_MESSAGES, LANG and opens the catalogue: locale/ beside the executable, or else ../share/locale.
 * Works also where the zh locale was never generated. Only messages and character types are set: numbers keep their
 * point. Call once, first thing in main. */
void i18n_init(void);
/* What i18n_init found; English before. */
enum err_lang i18n_lang(void);
#endif
