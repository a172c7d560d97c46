/* SPDX-License-Identifier: Apache-2.0 */
/* A trust notice on its way: opened, changed as JSON, signed and put in its place. Private to service/rotate*.c. */
#ifndef HUIKA_ROTATE_PARTS_H
#define HUIKA_ROTATE_PARTS_H
#include "base/jsonx.h"
#include "service/rotate.h"

enum { ROTATE_PATH = 4096 };

struct rotating {
    struct rotate *r;
    char *why;
    char offline[ROTATE_PATH];
    char root_path[ROTATE_PATH]; /* where the present root key was found */
    EVP_PKEY *root;              /* the present one */
    EVP_PKEY *new_root;          /* NULL: the same */
    struct buf before;           /* the envelope that is replaced */
    json_t *body;                /* the payload, to be changed */
};

/* Reads DIR/trust.json and the root key that it names. Release it in any case. */
enum err rotating_open(struct rotating *t, struct rotate *r, char *why);
void rotating_release(struct rotating *t);
/* Gives the body its version and times, signs it, keeps the old one and the new one in DIR/trust, and last replaces
 * DIR/trust.json. ERR_WRONG_STATE: it changes the root or resets the floor, and the service can keep no more such notices
 * (KEYS_CHANGES). */
enum err rotating_put(struct rotating *t);

/* dir/name; the file's name goes to t->why, for whoever asks what failed. */
enum err rotating_path(struct rotating *t, const char *dir, const char *name, char out[static ROTATE_PATH]);
/* A new key in DIR/`name` (0600, never overwrites); `name` may hold one %s, which becomes the key's id. */
enum err rotating_new_key(struct rotating *t, const char *name, EVP_PKEY **out, char id[static KEY_ID_LEN + 1]);
/* obj[key] = base64 of the key's SPKI. */
enum err rotating_spki(json_t *obj, const char *key, const EVP_PKEY *k);
#endif
