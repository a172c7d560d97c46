/* SPDX-License-Identifier: Apache-2.0 */
/* huika print test, and what status and reprint say of the printer. */
#include "client/cli/print.h"
#include "base/tm.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include <string.h>

static const char *state_text(const char *state)
{
    static const struct {
        const char *state, *text;
    } texts[] = {{"off", N_("none is set up")}, {"absent", N_("not there")},
        {"unknown", N_("there; it does not say whether it has paper")}, {"ready", N_("ready")},
        {"paper_out", N_("out of paper")}, {"cover_open", N_("cover open")}, {"offline", N_("offline")},
        {"fault", N_("reports a fault")}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].state, state))
            return _(texts[i].text);
    return state;
}

static void say_job(const struct cli *c, const json_t *job)
{
    const char *state = say_str(job, "state", ""), *id = say_str(job, "id", "");
    bool cut_off = !strcmp(state, "interrupted");
    if (!cut_off && strcmp(state, "unprinted") != 0)
        return;
    say_label("");
    fputs(cli_color(c, "33"), stdout);
    printf(cut_off ? _("the receipt of %s was cut off") : _("the receipt of %s was not printed"), id);
    if (strlen(id) == TM_DAY_LEN)
        printf("; huika day close --day %s", id);
    else if (strcmp(id, "test") != 0)
        printf("; huika reprint %s", id);
    printf("%s\n", cli_color(c, "0"));
}

void print_say(const struct cli *c, const json_t *status)
{
    const json_t *printer = json_object_get(status, "printer"), *jobs = json_object_get(printer, "jobs"), *job;
    const char *state = say_str(printer, "state", NULL);
    size_t i;
    if (!state)
        return;
    bool well = !strcmp(state, "ready"), unsure = !strcmp(state, "unknown") || !strcmp(state, "off");
    say_label(_("Printer"));
    fputs(cli_color(c, well ? "32" : unsure ? "2" : "31"), stdout);
    say_text(state_text(state));
    fputs(cli_color(c, "0"), stdout);
    if (json_is_true(json_object_get(printer, "near_end")))
        printf("  %s%s%s", cli_color(c, "33"), _("the paper is nearly used up"), cli_color(c, "0"));
    if (json_is_true(json_object_get(printer, "stuck")))
        printf("  %s%s%s", cli_color(c, "33"), _("takes no data: look at paper and cover"), cli_color(c, "0"));
    putchar('\n');
    json_array_foreach (jobs, i, job) {
        say_job(c, job);
    }
}

enum err print_ask(struct api *a, const char *path)
{
    struct api_answer answer;
    enum err e = api_call(a, &(struct api_request){.method = "POST", .path = path}, &answer);
    api_answer_release(&answer);
    return e;
}

int print_test_run(struct cli *c)
{
    struct api a;
    int code;
    if (!api_open(c, &a, &code))
        return code;
    enum err e = print_ask(&a, "/v1/printer/test");
    if (e)
        code = api_fail(c, e, _("printing"));
    else if (c->json)
        say_json(json_pack("{s:b}", "queued", 1));
    else
        printf("%s\n", _("sent to the printer; 'huika status' tells how it is"));
    api_close(&a);
    return code;
}
