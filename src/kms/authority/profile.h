#ifndef KMS_AUTHORITY_PROFILE_H
#define KMS_AUTHORITY_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "kms/authority/key.h"

/*
 * What an administrator decides about certificates: a text file of lines `name = value`. Blank
 * lines and lines that begin with '#' say nothing. Each name stands once at most; one that is left
 * out has its default, one that we do not know is refused, so that a slip of the pen is not passed
 * over.
 *
 *     validity = 548d               how long a user's certificate is valid: 1d to 825d
 *     ca_validity = 3650d           the issuing CA's, not longer than the root's
 *     root_validity = 7300d         the root's, at most 36500d
 *     organization = yes            O= in the subject of users' certificates: yes, no
 *     subject = name                CN= there: name (the display name, else the address), address
 *     non_repudiation = no          nonRepudiation beside digitalSignature: yes, no
 *     user_key = p256               the keys of users who are not given others
 *     crl_url = http://…            where the list is fetched; `{part}` in it becomes the
 *                                   number of the part
 *     crl_parts = 1                 in how many parts the list is published: 1 to 1024
 *     crl_validity = 7d             from this update to the next: 1h to 365d
 *     aia_url = http://…            where the issuing CA's certificate is fetched
 *     policy = 2.23.140.1.5.…       the certificate policy, an OID
 *     policy_url = http://…         its practice statement
 *     escrow_notice = …             what users are told: a copy of the encryption key is kept.
 * UTF-8
 */
enum {
    PROFILE_TEXT_MAX = 65536,
    PROFILE_URL_MAX = 512,
    PROFILE_NOTICE_MAX = 2048,
    PROFILE_POLICY_MAX = 128,
    PROFILE_PARTS_MAX = 1024,
    PROFILE_VALIDITY_DAYS_MAX = 825, /* CA/B Forum S/MIME Baseline Requirements, section 6.3.2 */
};

enum profile_subject { PROFILE_SUBJECT_NAME, PROFILE_SUBJECT_ADDRESS };

/* All of it is in the struct; nothing to release. Texts end with NUL; an empty one is not set. */
struct profile {
    int64_t validity, ca_validity, root_validity; /* seconds */
    int64_t crl_validity;
    uint32_t crl_parts; /* 1: one whole list */
    bool organization;
    bool non_repudiation;
    enum profile_subject subject;
    enum key_kind user_key;
    char crl_url[PROFILE_URL_MAX];
    char aia_url[PROFILE_URL_MAX];
    char policy[PROFILE_POLICY_MAX]; /* dotted decimal */
    char policy_url[PROFILE_URL_MAX];
    char escrow_notice[PROFILE_NOTICE_MAX];
};

/* What holds where the file says nothing. */
struct profile profile_default(void);

/*
 * Reads a profile.
 *
 * FAULT_LIMIT   longer than PROFILE_TEXT_MAX
 * FAULT_SYNTAX  `*line` (from 1) says where; `why->rule` what is wrong; `why->offset` is the byte
 *
 * `*out` is written on success only, `*line` and `*why` on failure only.
 */
MUST_USE enum fault profile_parse(struct span text, struct profile *out, size_t *line,
                                  struct why *why);

/*
 * Adds the profile that a new store gets, with a comment for each line; profile_parse() takes it.
 * `crl_url` is checked as profile_parse() does; empty: none.
 * FAULT_SYNTAX  it is no URL for a profile; FAULT_LIMIT, FAULT_RESOURCE as the buffer
 */
MUST_USE enum fault profile_default_text(struct span crl_url, struct buffer *out, struct why *why);

/* True when each part of the list has a URL of its own: crl_url has `{part}` in it. */
bool profile_has_part_urls(const struct profile *profile);

/*
 * Adds the URL of one part of the list (1 to crl_parts); nothing where no URL is set. A URL without
 * `{part}` is that of the whole list, which then stands for every part.
 */
void profile_add_crl_url(const struct profile *profile, uint32_t part, struct buffer *out);

#endif
