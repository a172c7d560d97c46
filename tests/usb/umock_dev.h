/* SPDX-License-Identifier: Apache-2.0 */
/* One mock USB device behind usbfs: answers the ioctls of an unmodified program in another process, and keeps book of them. */
#ifndef HUIKA_TEST_UMOCK_DEV_H
#define HUIKA_TEST_UMOCK_DEV_H
#include "tests/usb/kinds.h"
#include <pthread.h>
#include <stdbool.h>
#include <umockdev.h>

enum { UMOCK_INTERFACES = 2, UMOCK_QUEUE = 512, UMOCK_ENDPOINT = 0x81 };

/* What the device will do with the next interrupt URB. */
struct umock_act {
    int status;       /* 0 or a negative errno */
    unsigned length;  /* bytes delivered */
    uint8_t endpoint; /* whose URB it is; 0: any */
    uint8_t bytes[KIND_REPORT];
};

struct umock_dev {
    const char *name;
    char path[8];               /* "1-1" */
    unsigned ours;              /* bit n: interface n may be claimed and detached; 0: the device must not be touched */
    const uint8_t *descriptors; /* device and configuration */
    size_t descriptors_len;
    const uint8_t *report_desc[UMOCK_INTERFACES]; /* of HID interfaces, else NULL */
    size_t report_desc_len[UMOCK_INTERFACES];
    const char *drivers[UMOCK_INTERFACES]; /* that the kernel binds at plug-in; NULL: none */
    bool kernel_driver[UMOCK_INTERFACES], claimed[UMOCK_INTERFACES];

    pthread_mutex_t lock; /* for all that follows: ioctls come in another thread */
    GList *flying, *done; /* UMockdevIoctlData of URBs */
    struct umock_act queue[UMOCK_QUEUE];
    unsigned queue_at, queue_end;
    bool gone;
    uint8_t halted;           /* endpoint; 0 none */
    bool deny;                /* refuse to be claimed: another program has it */
    bool refuse;              /* stall every request that sets something */
    unsigned ioctls, foreign; /* all; those that no Huika program may make */
    UMockdevIoctlBase *handler;
};

/* Prepares the bookkeeping; the fields above `lock` are the caller's. */
void umock_dev_init(struct umock_dev *d);
/* Starts anew after an unplug. */
void umock_dev_reset(struct umock_dev *d);
/* Appends to the queue; false if it is full. */
bool umock_dev_push(struct umock_dev *d, const struct umock_act *act);
/* Waits until the program has taken all that was queued and asks for more; false after twenty seconds. */
bool umock_dev_drain(struct umock_dev *d);
/* Ends whatever flies with -ESHUTDOWN, as the kernel does. */
void umock_dev_unplug(struct umock_dev *d);
#endif
