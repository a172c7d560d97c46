/* SPDX-License-Identifier: Apache-2.0 */
/* A mock USB host for an unmodified program: one scanner (with a boot keyboard as its second interface), one keyboard, one
 * mouse, one security key, one storage stick, one hub. The program runs as a child; what the devices do is read from standard input, a line each:
 *
 *     scan TEXT     the text in as many reports as it needs
 *     part TEXT     one report, to be continued
 *     type TEXT     keys pressed and released, "\\r" and "\\t" for Enter and Tab (a scanner that types)
 *     swipe TRACK2  one swipe (a card reader)
 *     serial TEXT   one packet, escapes as above and "\\n" (a serial port)
 *     raw HEX       one report, those bytes
 *     short N TEXT  the report of a whole scan, cut off after N bytes
 *     stall         the endpoint halts
 *     error N       the transfer fails with errno N
 *     drain         wait until the program has taken all of that
 *     unplug, plug  the scanner
 *     again         udev tells of its arrival once more
 *     deny, allow   another program has it, or gives it back
 *
 * At the end of input the child gets SIGTERM. Exit status: the child's, or 99 if it touched what is not its own.
 *
 *     umockdev-wrapper umock_host [--layout NAME] [--late] [--no-hid] [--bad-desc] [--refuse] [--kind NAME] -- PROGRAM ARGS... */
#include "tests/usb/umock_dev.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t scanner_descriptors[] = {KIND_DEVICE(0x1EAB, 0x0D10), KIND_CONFIG(2 * KIND_HID_BYTES, 2),
    KIND_HID(0, 0, 0, scanner_desc_aim, UMOCK_ENDPOINT), KIND_HID(1, 1, 1, scanner_desc_keyboard, 0x82)};
static const uint8_t keyboard_descriptors[] = {
    KIND_DEVICE(0x0525, 0xA4A4), KIND_CONFIG(KIND_HID_BYTES, 1), KIND_HID(0, 1, 1, scanner_desc_keyboard, 0x81)};

enum { BYSTANDERS = 5 };
static struct umock_dev scanner = {.name = "scanner",
    .path = "1-1",
    .ours = 1,
    .descriptors = scanner_descriptors,
    .descriptors_len = sizeof scanner_descriptors,
    .drivers = {"usbhid", "usbhid"}};
static struct umock_dev bystanders[BYSTANDERS] = {{.name = "keyboard",
    .path = "1-2",
    .descriptors = keyboard_descriptors,
    .descriptors_len = sizeof keyboard_descriptors,
    .report_desc = {scanner_desc_keyboard},
    .report_desc_len = {sizeof scanner_desc_keyboard},
    .drivers = {"usbhid"}}};
static const struct kind *kind; /* NULL: the HID POS scanner */
static const struct scanner_layout *layout = &scanner_layouts[0];
static UMockdevTestbed *testbed;
static unsigned next_devnum = 2;
static bool no_hid;

#define SYS "/devices/pci0000:00/usb1/"

static void add_hex(GString *s, const char *name, const uint8_t *p, size_t n)
{
    g_string_append_printf(s, "H: %s=", name);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(s, "%02x", p[i]);
    g_string_append(s, "\n");
}

/* One interface, and below it the HID instance that usbhid makes, with its report descriptor. */
static void add_interface(GString *s, const struct umock_dev *d, unsigned n, const uint8_t *desc)
{
    bool hid = d->report_desc[n] && !no_hid;

    g_string_append_printf(s,
        "\nP: " SYS "%s/%s:1.%u\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\nA: bInterfaceNumber=%02x\\n\n"
        "A: bInterfaceClass=%02x\\n\nA: bInterfaceSubClass=%02x\\n\nA: bInterfaceProtocol=%02x\\n\n",
        d->path, d->path, n, n, desc[5], desc[6], desc[7]);
    if (d->drivers[n] && !no_hid)
        g_string_append_printf(s, "L: driver=../../../../../../bus/usb/drivers/%s\n", d->drivers[n]);
    if (!hid)
        return;
    g_string_append_printf(s, "\nP: " SYS "%s/%s:1.%u/0003:1EAB:0D10.%04X\nE: SUBSYSTEM=hid\n", d->path, d->path, n,
        (next_devnum - 1) * 16 + n);
    add_hex(s, "report_descriptor", d->report_desc[n], d->report_desc_len[n]);
}

static void plug(struct umock_dev *d)
{
    unsigned devnum = next_devnum++, interfaces = d->descriptors[18 + 4], n = 0;
    GString *s = g_string_new(NULL);
    GError *error = NULL;
    char node[40];

    umock_dev_reset(d);
    snprintf(node, sizeof node, "/dev/bus/usb/001/%03u", devnum);
    g_string_append_printf(s,
        "P: " SYS "%s\nN: bus/usb/001/%03u\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\n"
        "E: DEVNUM=%03u\nE: DEVNAME=%s\nA: busnum=1\\n\nA: devnum=%u\\n\nA: speed=12\\n\nA: bConfigurationValue=1\\n\n"
        "A: bNumInterfaces= %u\\n\nA: idVendor=%02x%02x\\n\nA: idProduct=%02x%02x\\n\nA: product=Test %s\\n\n",
        d->path, devnum, devnum, node, devnum, interfaces, d->descriptors[9], d->descriptors[8], d->descriptors[11],
        d->descriptors[10], d->name);
    add_hex(s, "descriptors", d->descriptors, d->descriptors_len);
    for (size_t at = 18; at < d->descriptors_len; at += d->descriptors[at])
        if (d->descriptors[at + 1] == 4)
            add_interface(s, d, n++, d->descriptors + at);
    if (!umockdev_testbed_attach_ioctl(testbed, node, d->handler, &error) ||
        !umockdev_testbed_add_from_string(testbed, s->str, &error)) {
        fprintf(stderr, "host: %s: %s\n", d->name, error ? error->message : "?");
        exit(98);
    }
    g_string_free(s, TRUE);
}

static void unplug(struct umock_dev *d)
{
    char path[96], hid[160];

    umock_dev_unplug(d);
    for (unsigned n = 0; n < d->descriptors[18 + 4]; n++) {
        snprintf(path, sizeof path, "/sys" SYS "%s/%s:1.%u", d->path, d->path, n);
        snprintf(hid, sizeof hid, "%s/0003:1EAB:0D10.%04X", path, (next_devnum - 1) * 16 + n);
        if (d->report_desc[n] && !no_hid)
            umockdev_testbed_remove_device(testbed, hid);
        umockdev_testbed_remove_device(testbed, path);
    }
    snprintf(path, sizeof path, "/sys" SYS "%s", d->path);
    umockdev_testbed_uevent(testbed, path, "remove");
    umockdev_testbed_remove_device(testbed, path);
}

/* Waits for the program where the queue is full. */
static void queue(const struct umock_act *a)
{
    if (!umock_dev_push(&scanner, a) && (!umock_dev_drain(&scanner) || !umock_dev_push(&scanner, a)))
        exit(98);
}

static void push_report(const char *text, size_t n, int more, unsigned length)
{
    struct umock_act a = {.length = length, .endpoint = UMOCK_ENDPOINT};

    scanner_report(layout, a.bytes, "]Q1", text, n, more);
    queue(&a);
}

static void push(uint8_t endpoint, const struct umock_act *act)
{
    struct umock_act a = *act;

    a.endpoint = endpoint;
    queue(&a);
}

/* The next character of a command's text; "\\r" is one. */
static char unescape(const char **at)
{
    char c = *(*at)++;

    if (c != '\\' || !**at)
        return c;
    c = *(*at)++;
    return c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? 0 : c;
}

static void push_keys(const char *text)
{
    while (*text) {
        struct umock_act a = {0};
        bool shift, bitmap = scanner.report_desc[0] == kind_desc_bitmap;
        uint8_t key = kind_key(unescape(&text), &shift);
        a.length = bitmap ? kind_bitmap_report(a.bytes, key, shift) : kind_key_report(a.bytes, key, shift);
        push(kind->endpoint, &a);
        a.length = bitmap ? kind_bitmap_report(a.bytes, 0, false) : kind_key_report(a.bytes, 0, false);
        push(kind->endpoint, &a);
    }
}

static void push_swipe(const char *track2)
{
    struct umock_act a = {0};

    a.length = kind_swipe_report(a.bytes, track2, scanner.report_desc[0] == kind_desc_magtek);
    push(kind->endpoint2 ? kind->endpoint2 : kind->endpoint, &a);
}

static void push_serial(const char *text)
{
    struct umock_act a = {0};

    while (*text && a.length < 64)
        a.bytes[a.length++] = (uint8_t)unescape(&text);
    push(kind->endpoint, &a);
}

static void push_text(const char *text)
{
    size_t n = strlen(text);

    for (size_t at = 0; at < n; at += SCANNER_DATA)
        push_report(text + at, n - at < SCANNER_DATA ? n - at : SCANNER_DATA, n - at > SCANNER_DATA, SCANNER_REPORT);
}

static void push_raw(const char *hex)
{
    struct umock_act a = {0};

    for (; hex[0] && hex[1] && a.length < sizeof a.bytes; hex += 2) {
        unsigned byte;
        if (sscanf(hex, "%2x", &byte) == 1)
            a.bytes[a.length++] = (uint8_t)byte;
    }
    queue(&a);
}

static void command(char *line)
{
    char *arg = strchr(line, ' ');

    arg = arg ? (*arg = 0, arg + 1) : line + strlen(line);
    if (!strcmp(line, "type"))
        push_keys(arg);
    else if (!strcmp(line, "swipe"))
        push_swipe(arg);
    else if (!strcmp(line, "serial"))
        push_serial(arg);
    else if (!strcmp(line, "scan"))
        push_text(arg);
    else if (!strcmp(line, "part"))
        push_report(arg, strlen(arg), 1, SCANNER_REPORT);
    else if (!strcmp(line, "raw"))
        push_raw(arg);
    else if (!strcmp(line, "short")) {
        char *text;
        unsigned n = (unsigned)strtoul(arg, &text, 10);
        text += *text == ' ';
        push_report(text, strlen(text), 0, n);
    } else if (!strcmp(line, "stall"))
        umock_dev_push(&scanner, &(struct umock_act){.status = -EPIPE});
    else if (!strcmp(line, "error"))
        umock_dev_push(&scanner, &(struct umock_act){.status = -atoi(arg)});
    else if (!strcmp(line, "drain") && !umock_dev_drain(&scanner))
        exit(98);
    else if (!strcmp(line, "drain"))
        return;
    else if (!strcmp(line, "unplug"))
        unplug(&scanner);
    else if (!strcmp(line, "plug"))
        plug(&scanner);
    else if (!strcmp(line, "again"))
        umockdev_testbed_uevent(testbed, "/sys" SYS "1-1", "add");
    else if (!strcmp(line, "deny") || !strcmp(line, "allow"))
        scanner.deny = line[0] == 'd';
    else {
        fprintf(stderr, "host: unknown command %s\n", line);
        exit(98);
    }
}

static pid_t spawn(char **argv)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a harness that is killed leaves nothing behind */
        if (!freopen("/dev/null", "r", stdin))
            _exit(126);
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    return pid;
}

/* Reads commands until their end, or until the child has gone. */
static void serve(pid_t pid, int *status, bool *ended)
{
    char line[8192];

    for (;;) {
        struct pollfd p = {.fd = 0, .events = POLLIN};
        *ended = waitpid(pid, status, WNOHANG) == pid;
        if (*ended)
            return;
        if (poll(&p, 1, 50) <= 0)
            continue;
        if (!fgets(line, sizeof line, stdin))
            return;
        line[strcspn(line, "\n")] = 0;
        command(line);
    }
}

static void become(struct umock_dev *d, const struct kind *k)
{
    d->descriptors = k->descriptors;
    d->descriptors_len = k->descriptors_len;
    d->ours = k->ours;
    for (int i = 0; i < 2; i++) {
        d->report_desc[i] = k->report_desc[i];
        d->report_desc_len[i] = k->report_desc_len[i];
        d->drivers[i] = k->drivers[i];
    }
}

static void take_kind(const struct kind *k)
{
    static const char *const names[] = {"mouse", "fido", "storage", "hub"}, *const paths[] = {
                                                                                "1-4", "1-5", "1-3", "1-6"};

    for (unsigned i = 0; i < 4; i++) {
        become(&bystanders[1 + i], kind_named(names[i]));
        bystanders[1 + i].name = names[i];
        memcpy(bystanders[1 + i].path, paths[i], 4);
    }
    if (k)
        become(&scanner, k);
}

static void take_layout(bool bad_desc)
{
    scanner.report_desc[0] = layout->desc;
    scanner.report_desc_len[0] = layout->desc_len - (bad_desc ? 1 : 0);
    scanner.report_desc[1] = scanner_desc_keyboard;
    scanner.report_desc_len[1] = sizeof scanner_desc_keyboard;
    if (bad_desc)
        scanner.ours = 0;
}

static int options(int argc, char **argv)
{
    bool late = false, bad_desc = false;
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--layout") && i + 1 < argc)
            layout = scanner_layout(argv[++i]);
        late = late || !strcmp(argv[i], "--late");
        if (!strcmp(argv[i], "--kind") && i + 1 < argc && !(kind = kind_named(argv[++i])))
            exit(2);
        no_hid = no_hid || !strcmp(argv[i], "--no-hid");
        scanner.refuse = scanner.refuse || !strcmp(argv[i], "--refuse");
        bad_desc = bad_desc || !strcmp(argv[i], "--bad-desc");
    }
    if (i + 1 >= argc || !layout)
        exit(2);
    take_kind(kind);
    if (!kind)
        take_layout(bad_desc);
    testbed = umockdev_testbed_new();
    umock_dev_init(&scanner);
    for (unsigned b = 0; b < BYSTANDERS; b++) {
        umock_dev_init(&bystanders[b]);
        plug(&bystanders[b]);
    }
    if (!late)
        plug(&scanner);
    return i + 1;
}

int main(int argc, char **argv)
{
    int status = 0, program = options(argc, argv);
    pid_t pid = spawn(argv + program);
    bool ended;
    unsigned foreign = 0;

    setvbuf(stdin, NULL, _IONBF, 0);
    serve(pid, &status, &ended);
    if (!ended) {
        kill(pid, SIGTERM);
        waitpid(pid, &status, 0);
    }
    for (int i = -1; i < BYSTANDERS; i++) {
        const struct umock_dev *d = i < 0 ? &scanner : &bystanders[i];
        fprintf(stderr, "host: %s ioctls=%u foreign=%u\n", d->name, d->ioctls, d->foreign);
        foreign += d->foreign;
    }
    fprintf(stderr, "host: scanner driver=%d claimed=%d\n", scanner.kernel_driver[0],
        scanner.claimed[0] || scanner.claimed[1]);
    if (foreign)
        return 99;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
