/* SPDX-License-Identifier: Apache-2.0 */
/* A mock USB receipt printer, and an office printer beside it, under an unmodified program. The program runs as a child; what the
 * printer does is read from standard input, a line each:
 *
 *     answers A B C   hexadecimal: what it says to DLE EOT 1, 2, 4
 *     silent, speak   whether it answers at all
 *     lines HEX, lines -   the lines of its port (GET_PORT_STATUS), or that it refuses to tell (as it begins)
 *     hold, go        it takes no receipts, as when its buffer is full, and takes them again
 *     stall           the next receipt halts the endpoint
 *     short N         of the next receipt N bytes arrive
 *     unplug, plug
 *
 * Receipts are appended to the file PAPER, questions are not. At the end of input the child gets SIGTERM. Exit status: the child's,
 * or 99 if it touched the office printer.
 *
 * --unplugged: the receipt printer comes later.
 *
 *     umockdev-wrapper umock_printer [--unplugged] PAPER -- PROGRAM ARGS... */
#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

enum { OUT = 0x01, IN = 0x82 };

static const uint8_t descriptors[] = {18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x16, 0x04, 0x11, 0x50, 0x00, 0x01, 1, 2, 3,
    1, /* 0416:5011 */
    9, 2, 32, 0, 1, 1, 0, 0xC0, 1, 9, 4, 0, 0, 2, 7, 1, 2, 0, 7, 5, OUT, 2, 64, 0, 0, 7, 5, IN, 2, 64, 0, 0};

static UMockdevTestbed *testbed;
static UMockdevIoctlBase *handlers[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for all below: ioctls come in another thread */
static GList *flying, *done;
static uint8_t answers[3] = {0x12, 0x12, 0x12}, waiting[64];
static size_t waiting_len;
static bool silent, held, halted, gone, claimed, kernel_driver = true;
static int lines = -1;   /* of the port; -1: refused */
static unsigned queried; /* how often it was asked for them */
static long fault = -1;  /* -1 none, 0 stall, else bytes that arrive */
static unsigned foreign;
static const char *paper;

static void finish(UMockdevIoctlData *data, int status, unsigned n)
{
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;

    urb->status = status;
    urb->actual_length = (int)n;
    done = g_list_append(done, data);
}

static void keep(const uint8_t *p, size_t n)
{
    FILE *f = fopen(paper, "ab");

    if (!f || fwrite(p, 1, n, f) != n || fclose(f))
        exit(98);
}

/* A question is a transfer of its own; anything else is a receipt. */
static void take(UMockdevIoctlData *data)
{
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
    UMockdevIoctlData *b = umockdev_ioctl_data_resolve(
        data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
    size_t n = (size_t)urb->buffer_length;
    bool question = n == 3 && b->data[0] == 0x10 && b->data[1] == 0x04;

    if (question && !silent && waiting_len < sizeof waiting)
        waiting[waiting_len++] = answers[b->data[2] == 4 ? 2 : b->data[2] - 1];
    if (!question && fault == 0) {
        halted = true;
        finish(data, -EPIPE, 0);
    } else {
        n = !question && fault > 0 && (size_t)fault < n ? (size_t)fault : n;
        if (!question)
            keep(b->data, n);
        finish(data, 0, (unsigned)n);
    }
    if (!question)
        fault = -1;
    umockdev_ioctl_data_unref(b);
}

static void give(UMockdevIoctlData *data)
{
    UMockdevIoctlData *b = umockdev_ioctl_data_resolve(data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer),
        (gsize)((struct usbdevfs_urb *)data->data)->buffer_length, NULL);

    umockdev_ioctl_data_update(b, 0, waiting, (int)waiting_len);
    umockdev_ioctl_data_unref(b);
    finish(data, 0, (unsigned)waiting_len);
    waiting_len = 0;
}

/* USB Printing Devices 1.1, 4.2.2: one byte from interface 0, alternate setting 0. Nothing else is known here. */
static void control(UMockdevIoctlData *data)
{
    static const uint8_t get_port_status[8] = {0xA1, 1, 0, 0, 0, 0, 1, 0};
    const struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
    UMockdevIoctlData *b = umockdev_ioctl_data_resolve(
        data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
    uint8_t byte = (uint8_t)lines;
    bool asked = urb->buffer_length == 9 && !memcmp(b->data, get_port_status, 8);

    queried += asked;
    if (asked && lines >= 0)
        umockdev_ioctl_data_update(b, 8, &byte, 1);
    umockdev_ioctl_data_unref(b);
    finish(data, asked && lines >= 0 ? 0 : -EPIPE, asked && lines >= 0);
}

static bool is_question(UMockdevIoctlData *data)
{
    return ((struct usbdevfs_urb *)data->data)->buffer_length == 3;
}

static void step(void)
{
    for (GList *l = flying, *next; l; l = next) {
        UMockdevIoctlData *data = l->data;
        bool out = ((struct usbdevfs_urb *)data->data)->endpoint == OUT;
        next = l->next;
        if (out ? held && !halted && !is_question(data) : !waiting_len)
            continue;
        flying = g_list_delete_link(flying, l);
        if (out && halted)
            finish(data, -EPIPE, 0);
        else if (out)
            take(data);
        else
            give(data);
    }
}

static long reap(UMockdevIoctlData *arg)
{
    step();
    if (!done && gone)
        return -ENODEV;
    if (!done) {
        g_usleep(1000); /* the mock descriptor is always ready; keep the program from spinning */
        return -EAGAIN;
    }
    UMockdevIoctlData *p = umockdev_ioctl_data_resolve(arg, 0, sizeof(gpointer), NULL), *data = done->data;
    done = g_list_delete_link(done, done);
    umockdev_ioctl_data_set_ptr(p, 0, data);
    umockdev_ioctl_data_unref(p);
    umockdev_ioctl_data_unref(data);
    return 0;
}

static long submit(UMockdevIoctlData *arg)
{
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);

    int type = ((struct usbdevfs_urb *)data->data)->type;

    if (claimed && type == USBDEVFS_URB_TYPE_CONTROL) {
        control(data);
        return 0;
    }
    if (!claimed || type != USBDEVFS_URB_TYPE_BULK) {
        umockdev_ioctl_data_unref(data);
        return -EBUSY;
    }
    flying = g_list_append(flying, data);
    step();
    return 0;
}

static long discard(UMockdevIoctlData *arg)
{
    gulong address;

    memcpy(&address, arg->data, sizeof address);
    for (GList *l = flying; l; l = l->next)
        if (((UMockdevIoctlData *)l->data)->client_addr == address) {
            UMockdevIoctlData *data = l->data;
            flying = g_list_delete_link(flying, l);
            finish(data, -ENOENT, 0);
            return 0;
        }
    return -EINVAL;
}

static long describe(UMockdevIoctlData *arg, gulong request)
{
    size_t size = request == USBDEVFS_GETDRIVER ? sizeof(struct usbdevfs_getdriver) : sizeof(guint32);
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, size, NULL);
    guint32 caps =
        USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT | USBDEVFS_CAP_BULK_CONTINUATION;
    struct usbdevfs_getdriver g = {.interface = 0, .driver = "usblp"};
    long r = 0;

    if (request == USBDEVFS_GET_CAPABILITIES)
        umockdev_ioctl_data_update(data, 0, (guint8 *)&caps, sizeof caps);
    else if (kernel_driver)
        umockdev_ioctl_data_update(data, 0, (guint8 *)&g, sizeof g);
    else
        r = -ENODATA;
    umockdev_ioctl_data_unref(data);
    return r;
}

static long serve(gulong request, UMockdevIoctlData *arg)
{
    if (request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY)
        return reap(arg);
    if (gone)
        return -ENODEV;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
    case USBDEVFS_GETDRIVER:
        return describe(arg, request);
    case USBDEVFS_CLAIMINTERFACE:
        if (kernel_driver)
            return -EBUSY;
        claimed = true;
        return 0;
    case USBDEVFS_DISCONNECT_CLAIM:
        kernel_driver = false;
        claimed = true;
        return 0;
    case USBDEVFS_RELEASEINTERFACE:
        claimed = false;
        return 0;
    case USBDEVFS_IOCTL:
        kernel_driver = !claimed;
        return 1;
    case USBDEVFS_CLEAR_HALT:
        halted = false;
        return 0;
    case USBDEVFS_SUBMITURB:
        return submit(arg);
    case USBDEVFS_DISCARDURB:
        return discard(arg);
    default:
        return -ENOTTY;
    }
}

static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    long r = -EPERM;

    (void)user;
    pthread_mutex_lock(&lock);
    if (handler == handlers[1])
        foreign++;
    else
        r = serve(umockdev_ioctl_client_get_request(client), umockdev_ioctl_client_get_arg(client));
    pthread_mutex_unlock(&lock);
    umockdev_ioctl_client_complete(client, r < 0 ? -1 : r, r < 0 ? (int)-r : 0);
    return TRUE;
}

#define SYS "/devices/pci0000:00/usb1/"

/* which: 0 the receipt printer, 1 the office printer, which differs in its product number alone. */
static void plug(int which)
{
    static unsigned devnum = 2;
    uint8_t d[sizeof descriptors];
    GString *s = g_string_new(NULL);
    char node[40], name[4] = {'1', '-', (char)('1' + which), 0};

    memcpy(d, descriptors, sizeof d);
    d[10] = (uint8_t)(d[10] + which);
    snprintf(node, sizeof node, "/dev/bus/usb/001/%03u", devnum);
    g_string_append_printf(s,
        "P: " SYS "%s\nN: bus/usb/001/%03u\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\n"
        "E: DEVNUM=%03u\nE: DEVNAME=%s\nA: busnum=1\\n\nA: devnum=%u\\n\nA: speed=12\\n\nA: bConfigurationValue=1\\n\n"
        "A: bNumInterfaces= 1\\n\nA: idVendor=0416\\n\nA: idProduct=50%02x\\n\nA: product=Test %s\\n\nH: descriptors=",
        name, devnum, devnum, node, devnum, d[10], which ? "office" : "printer");
    for (size_t i = 0; i < sizeof d; i++)
        g_string_append_printf(s, "%02x", d[i]);
    g_string_append_printf(s,
        "\n\nP: " SYS "%s/%s:1.0\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\nA: bInterfaceNumber=00\\n\n"
        "A: bInterfaceClass=07\\n\nA: bInterfaceSubClass=01\\n\nA: bInterfaceProtocol=02\\n\n"
        "L: driver=../../../../../../bus/usb/drivers/usblp\n",
        name, name);
    if (!umockdev_testbed_attach_ioctl(testbed, node, handlers[which], NULL) ||
        !umockdev_testbed_add_from_string(testbed, s->str, NULL))
        exit(98);
    g_string_free(s, TRUE);
    devnum++;
}

static void unplug(void)
{
    pthread_mutex_lock(&lock);
    gone = true;
    for (; flying; flying = g_list_delete_link(flying, flying))
        finish(flying->data, -ESHUTDOWN, 0);
    pthread_mutex_unlock(&lock);
    umockdev_testbed_remove_device(testbed, "/sys" SYS "1-1/1-1:1.0");
    umockdev_testbed_uevent(testbed, "/sys" SYS "1-1", "remove");
    umockdev_testbed_remove_device(testbed, "/sys" SYS "1-1");
}

static void plug_again(void)
{
    pthread_mutex_lock(&lock);
    gone = held = halted = claimed = false;
    kernel_driver = true;
    waiting_len = 0;
    pthread_mutex_unlock(&lock);
    plug(0);
}

static void set(const char *line)
{
    char *at = strchr(line, ' ');

    pthread_mutex_lock(&lock);
    if (!strncmp(line, "answers ", 8))
        for (int i = 0; i < 3; i++)
            answers[i] = (uint8_t)strtoul(at, &at, 16);
    else if (!strcmp(line, "silent") || !strcmp(line, "speak"))
        silent = line[1] == 'i';
    else if (!strcmp(line, "hold") || !strcmp(line, "go"))
        held = line[0] == 'h';
    else if (!strncmp(line, "lines ", 6))
        lines = at[1] == '-' ? -1 : (int)strtol(at, NULL, 16);
    else if (!strcmp(line, "stall"))
        fault = 0;
    else if (!strncmp(line, "short ", 6))
        fault = strtol(at, NULL, 10);
    else
        exit(98);
    pthread_mutex_unlock(&lock);
}

static pid_t spawn(char **argv)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a harness that is killed leaves nothing behind */
        if (!freopen("/dev/null", "r", stdin))
            _exit(126);
        execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

int main(int argc, char **argv)
{
    char line[256];
    int status = 0, later = argc > 1 && !strcmp(argv[1], "--unplugged");

    argc -= later;
    argv += later;
    if (argc < 4 || strcmp(argv[2], "--") != 0)
        return 2;
    paper = argv[1];
    testbed = umockdev_testbed_new();
    for (int i = 0; i < 2; i++) {
        handlers[i] = umockdev_ioctl_base_new();
        g_signal_connect(handlers[i], "handle-ioctl", G_CALLBACK(on_ioctl), NULL);
        if (i || !later)
            plug(i);
    }
    setvbuf(stdin, NULL, _IONBF, 0);
    pid_t pid = spawn(argv + 3);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, "unplug"))
            unplug();
        else if (!strcmp(line, "plug"))
            plug_again();
        else
            set(line);
    }
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    fprintf(stderr, "host: office printer foreign=%u; printer driver=%d claimed=%d lines asked=%u\n", foreign,
        kernel_driver, claimed, queried);
    if (foreign)
        return 99;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
