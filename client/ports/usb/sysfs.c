/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/usb/sysfs.h"
#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATTR_MAX = 512 };

static bool join(char out[static PATH_MAX], const char *dir, const char *name)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

    return n > 0 && n < PATH_MAX;
}

/* An attribute's first line; "" if there is none. */
static void attr_text(const char *dir, const char *name, char *out, size_t size)
{
    char path[PATH_MAX];
    struct buf b;

    out[0] = 0;
    buf_init(&b, ATTR_MAX);
    if (join(path, dir, name) && !file_read(path, &b)) {
        size_t n = strcspn(buf_str(&b), "\n");
        if (n >= size)
            n = size - 1;
        memcpy(out, buf_str(&b), n);
        out[n] = 0;
    }
    buf_release(&b);
}

static unsigned attr_number(const char *dir, const char *name, int base)
{
    char s[32];

    attr_text(dir, name, s, sizeof s);
    return (unsigned)strtoul(s, NULL, base);
}

static void attr_product(const char *dir, char out[static SYSFS_PRODUCT])
{
    char s[ATTR_MAX];
    size_t n = 0;

    attr_text(dir, "product", s, sizeof s);
    if (!text_is_utf8(s, strlen(s)))
        s[0] = 0;
    text_clean(s);
    while (s[n] && n + text_char_len(s + n) < SYSFS_PRODUCT)
        n += text_char_len(s + n);
    memcpy(out, s, n);
    out[n] = 0;
}

static void link_name(const char *dir, const char *name, char *out, size_t size)
{
    char path[PATH_MAX], target[PATH_MAX];
    ssize_t n = join(path, dir, name) ? readlink(path, target, sizeof target - 1) : -1;
    const char *base;

    out[0] = 0;
    if (n <= 0)
        return;
    target[n] = 0;
    base = strrchr(target, '/');
    base = base ? base + 1 : target;
    if (strlen(base) < size)
        memcpy(out, base, strlen(base) + 1);
}

/* One directory entry of the device; interfaces are called "<path>:<config>.<number>". */
static void add_interface(struct sysfs_device *d, const char *dir, const char *path, const char *name)
{
    size_t n = strlen(path);
    char sub[PATH_MAX];
    struct sysfs_interface *i;

    if (strncmp(name, path, n) || name[n] != ':' || d->interface_cnt == SYSFS_INTERFACES || !join(sub, dir, name))
        return;
    i = &d->interfaces[d->interface_cnt++];
    i->number = (uint8_t)attr_number(sub, "bInterfaceNumber", 16);
    i->class = (uint8_t)attr_number(sub, "bInterfaceClass", 16);
    i->subclass = (uint8_t)attr_number(sub, "bInterfaceSubClass", 16);
    i->protocol = (uint8_t)attr_number(sub, "bInterfaceProtocol", 16);
    link_name(sub, "driver", i->driver, sizeof i->driver);
}

static bool device_dir(char out[static PATH_MAX], const char *root, const char *path)
{
    int n = snprintf(out, PATH_MAX, "%s/bus/usb/devices/%s", root, path);

    return n > 0 && n < PATH_MAX;
}

enum err sysfs_device_read(const char *root, const char *path, struct sysfs_device *out)
{
    struct sysfs_device d = {0};
    char dir[PATH_MAX];
    struct dirent *entry;
    DIR *dp;

    if (!device_dir(dir, root, path) || !(dp = opendir(dir)))
        return ERR_NOT_FOUND;
    d.vid = (uint16_t)attr_number(dir, "idVendor", 16);
    d.pid = (uint16_t)attr_number(dir, "idProduct", 16);
    d.config = (uint8_t)attr_number(dir, "bConfigurationValue", 10);
    d.expected_cnt = (uint8_t)attr_number(dir, "bNumInterfaces", 10);
    attr_product(dir, d.product);
    while ((entry = readdir(dp)))
        add_interface(&d, dir, path, entry->d_name);
    closedir(dp);
    *out = d;
    return ERR_OK;
}

/* HID instances are called "<bus>:<vendor>:<product>.<instance>", four hexadecimal digits each. */
static bool is_hid_instance(const char *name)
{
    unsigned bus, vendor, product, instance;
    int end = 0;

    return sscanf(name, "%4x:%4x:%4x.%4x%n", &bus, &vendor, &product, &instance, &end) == 4 && !name[end];
}

enum err sysfs_report_desc(const char *root, const char *path, unsigned config, unsigned interface, struct buf *b)
{
    char dir[PATH_MAX], sub[PATH_MAX], file[PATH_MAX], name[64];
    enum err e = ERR_NOT_FOUND;
    struct dirent *entry;
    DIR *dp;

    snprintf(name, sizeof name, "%s:%u.%u", path, config, interface);
    if (!device_dir(dir, root, path) || !join(sub, dir, name) || !(dp = opendir(sub)))
        return ERR_NOT_FOUND;
    while (e == ERR_NOT_FOUND && (entry = readdir(dp))) {
        if (!is_hid_instance(entry->d_name) || !join(dir, sub, entry->d_name) || !join(file, dir, "report_descriptor"))
            continue;
        e = file_read(file, b);
    }
    closedir(dp);
    return e;
}
