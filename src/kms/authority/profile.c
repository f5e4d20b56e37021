#include "kms/authority/profile.h"

#include "base/ascii.h"
#include "base/text.h"
#include "base/utc.h"
#include "cert/der_write.h"

enum { HOUR = 3600, ROOT_DAYS_MAX = 36500, CRL_DAYS_MAX = 365, OID_BYTES_MAX = 64 };

static const char part_mark[] = "{part}";

/* Reads one value; false, and `*rule` says what was wanted. */
typedef bool setting_read(struct span value, struct profile *profile, const char **rule);

static bool read_duration(struct span value, int64_t least, int64_t most, int64_t *out)
{
    struct why why;
    int64_t seconds;

    if (utc_parse_duration(value, &seconds, &why) != FAULT_NONE || seconds < least ||
        seconds > most) {
        return false;
    }
    *out = seconds;
    return true;
}

static bool read_validity(struct span value, struct profile *profile, const char **rule)
{
    *rule = "validity is 1d to 825d (S/MIME Baseline Requirements, section 6.3.2)";
    return read_duration(value, UTC_DAY, (int64_t)PROFILE_VALIDITY_DAYS_MAX * UTC_DAY,
                         &profile->validity);
}

static bool read_ca_validity(struct span value, struct profile *profile, const char **rule)
{
    *rule = "ca_validity is 1d to 36500d";
    return read_duration(value, UTC_DAY, (int64_t)ROOT_DAYS_MAX * UTC_DAY, &profile->ca_validity);
}

static bool read_root_validity(struct span value, struct profile *profile, const char **rule)
{
    *rule = "root_validity is 1d to 36500d";
    return read_duration(value, UTC_DAY, (int64_t)ROOT_DAYS_MAX * UTC_DAY, &profile->root_validity);
}

static bool read_crl_validity(struct span value, struct profile *profile, const char **rule)
{
    *rule = "crl_validity is 1h to 365d";
    return read_duration(value, HOUR, (int64_t)CRL_DAYS_MAX * UTC_DAY, &profile->crl_validity);
}

static bool read_crl_parts(struct span value, struct profile *profile, const char **rule)
{
    uint32_t parts = 0;

    *rule = "crl_parts is a number from 1 to 1024";
    if (value.len == 0 || value.len > 4 || value.at[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!ascii_is_digit(value.at[i])) {
            return false;
        }
        parts = parts * 10 + (uint32_t)(value.at[i] - '0');
    }
    profile->crl_parts = parts;
    return parts <= PROFILE_PARTS_MAX;
}

static bool read_yes(struct span value, bool *out)
{
    *out = span_is(value, "yes");
    return *out || span_is(value, "no");
}

static bool read_organization(struct span value, struct profile *profile, const char **rule)
{
    *rule = "organization is yes or no";
    return read_yes(value, &profile->organization);
}

static bool read_non_repudiation(struct span value, struct profile *profile, const char **rule)
{
    *rule = "non_repudiation is yes or no";
    return read_yes(value, &profile->non_repudiation);
}

static bool read_subject(struct span value, struct profile *profile, const char **rule)
{
    *rule = "subject is name or address";
    profile->subject = span_is(value, "name") ? PROFILE_SUBJECT_NAME : PROFILE_SUBJECT_ADDRESS;
    return span_is(value, "name") || span_is(value, "address");
}

static bool read_user_key(struct span value, struct profile *profile, const char **rule)
{
    *rule = "user_key is p256, p384, rsa2048, rsa3072, rsa4096 or ed25519";
    return key_kind_find(value, &profile->user_key) && profile->user_key != KIND_X25519;
}

static bool copy_text(struct span value, char *out, size_t room)
{
    if (value.len >= room) {
        return false;
    }
    if (value.len > 0) {
        memcpy(out, value.at, value.len);
    }
    out[value.len] = '\0';
    return true;
}

/* What RFC 3986 lets a URI hold as it is; braces only around `part`. */
static bool is_url_byte(uint8_t b)
{
    static const char others[] = "-._~:/?#[]@!$&'()*+,;=%";

    return ascii_is_alnum(b) || (b != 0 && strchr(others, b) != NULL);
}

static bool read_url(struct span value, bool with_part, char out[PROFILE_URL_MAX])
{
    bool is_web = ascii_starts_nocase(value, span_text("http://")) ||
                  ascii_starts_nocase(value, span_text("https://"));
    struct span rest = value;

    if (value.len > 0 && !is_web && !ascii_starts_nocase(value, span_text("ldap://"))) {
        return false;
    }
    while (rest.len > 0) {
        if (with_part && span_is(span_upto(rest, sizeof(part_mark) - 1), part_mark)) {
            rest = span_from(rest, sizeof(part_mark) - 1);
        } else if (is_url_byte(rest.at[0])) {
            rest = span_from(rest, 1);
        } else {
            return false;
        }
    }
    return copy_text(value, out, PROFILE_URL_MAX);
}

static bool read_crl_url(struct span value, struct profile *profile, const char **rule)
{
    *rule = "crl_url is a URL (http, https or ldap), in which {part} may stand";
    return read_url(value, true, profile->crl_url);
}

static bool read_aia_url(struct span value, struct profile *profile, const char **rule)
{
    *rule = "aia_url is a URL (http, https or ldap)";
    return read_url(value, false, profile->aia_url);
}

static bool read_policy_url(struct span value, struct profile *profile, const char **rule)
{
    *rule = "policy_url is a URL (http, https or ldap)";
    return read_url(value, false, profile->policy_url);
}

static bool read_policy(struct span value, struct profile *profile, const char **rule)
{
    uint8_t bytes[OID_BYTES_MAX];
    struct buffer oid = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};

    *rule = "policy is an OID in dots, such as 1.3.6.1.4.1.99999.1";
    return (value.len == 0 || oid_add_dotted(value, &oid) == FAULT_NONE) &&
           copy_text(value, profile->policy, PROFILE_POLICY_MAX);
}

static bool read_escrow_notice(struct span value, struct profile *profile, const char **rule)
{
    struct cursor in = cursor_over(value);

    *rule = "escrow_notice is a line of UTF-8 of at most 2047 bytes";
    if (!text_is_utf8(value)) {
        return false;
    }
    while (in.rest.len > 0) {
        if (text_is_unsafe(text_next(&in))) {
            return false;
        }
    }
    return copy_text(value, profile->escrow_notice, PROFILE_NOTICE_MAX);
}

static const struct setting {
    const char *name;
    setting_read *read;
} settings[] = {
    {"validity", read_validity},
    {"ca_validity", read_ca_validity},
    {"root_validity", read_root_validity},
    {"organization", read_organization},
    {"subject", read_subject},
    {"non_repudiation", read_non_repudiation},
    {"user_key", read_user_key},
    {"crl_url", read_crl_url},
    {"crl_parts", read_crl_parts},
    {"crl_validity", read_crl_validity},
    {"aia_url", read_aia_url},
    {"policy", read_policy},
    {"policy_url", read_policy_url},
    {"escrow_notice", read_escrow_notice},
};

enum { SETTING_COUNT = sizeof(settings) / sizeof(settings[0]) };

struct profile profile_default(void)
{
    return (struct profile){
        .validity = (int64_t)548 * UTC_DAY, /* the 18 months of the Exchange KMS */
        .ca_validity = (int64_t)3650 * UTC_DAY,
        .root_validity = (int64_t)7300 * UTC_DAY,
        .crl_validity = (int64_t)7 * UTC_DAY,
        .crl_parts = 1,
        .organization = true,
        .subject = PROFILE_SUBJECT_NAME,
        .user_key = KIND_P256,
        .escrow_notice = "A copy of your encryption key is kept by your organization, so that "
                         "encrypted mail can still be read when the key is lost. A number of "
                         "recovery agents can recover it together. Your signing key is not kept.",
    };
}

static bool is_blank(uint8_t b) { return b == ' ' || b == '\t'; }

static struct span trimmed(struct span s)
{
    while (s.len > 0 && is_blank(s.at[0])) {
        s = span_from(s, 1);
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* One line without its end. `*seen` has a bit for each setting that has come. */
static const char *read_line(struct span line, struct profile *profile, uint32_t *seen)
{
    struct span text = trimmed(line);
    const char *rule = NULL;
    struct span name;
    size_t equals;

    if (text.len == 0 || text.at[0] == '#') {
        return NULL;
    }
    if (!span_find(text, '=', &equals)) {
        return "a line of the profile is `name = value`";
    }
    name = trimmed(span_upto(text, equals));
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (!span_is(name, settings[i].name)) {
            continue;
        }
        if ((*seen >> i & 1) != 0) {
            return "this setting stands twice in the profile";
        }
        *seen |= (uint32_t)1 << i;
        return settings[i].read(trimmed(span_from(text, equals + 1)), profile, &rule) ? NULL : rule;
    }
    return "the profile has no setting of this name";
}

bool profile_has_part_urls(const struct profile *profile)
{
    return strstr(profile->crl_url, part_mark) != NULL;
}

/* What settings say of each other; NULL: nothing is wrong. */
static const char *check_together(const struct profile *profile)
{
    if (profile->ca_validity > profile->root_validity) {
        return "ca_validity is no longer than root_validity";
    }
    if (profile->crl_parts > 1 && !profile_has_part_urls(profile)) {
        return "with crl_parts above 1, crl_url has {part} in it";
    }
    if (profile->policy_url[0] != '\0' && profile->policy[0] == '\0') {
        return "policy_url belongs to a policy";
    }
    return NULL;
}

enum fault profile_parse(struct span text, struct profile *out, size_t *line, struct why *why)
{
    struct profile profile = profile_default();
    struct span rest = text;
    size_t number = 0, end, nul;
    uint32_t seen = 0;
    const char *rule;

    if (text.len > PROFILE_TEXT_MAX) {
        *line = 1;
        return fault_at(FAULT_LIMIT, PROFILE_TEXT_MAX, "a profile has at most 64 KiB", why);
    }
    if (span_find(text, '\0', &nul)) {
        *line = 1;
        return fault_at(FAULT_SYNTAX, nul, "a profile is a text, without NUL", why);
    }
    while (rest.len > 0) {
        bool last = !span_find(rest, '\n', &end);
        struct span one = span_upto(rest, last ? rest.len : end);

        number++;
        if (one.len > 0 && one.at[one.len - 1] == '\r') {
            one.len--;
        }
        rule = read_line(one, &profile, &seen);
        if (rule != NULL) {
            *line = number;
            return fault_at(FAULT_SYNTAX, (size_t)(rest.at - text.at), rule, why);
        }
        rest = span_from(rest, last ? rest.len : end + 1);
    }
    rule = check_together(&profile);
    if (rule != NULL) {
        *line = number > 0 ? number : 1;
        return fault_at(FAULT_SYNTAX, text.len, rule, why);
    }
    *out = profile;
    return FAULT_NONE;
}

void profile_add_crl_url(const struct profile *profile, uint32_t part, struct buffer *out)
{
    struct span rest = span_text(profile->crl_url);

    while (rest.len > 0) {
        if (span_is(span_upto(rest, sizeof(part_mark) - 1), part_mark)) {
            buffer_add_uint(out, part);
            rest = span_from(rest, sizeof(part_mark) - 1);
        } else {
            buffer_add_byte(out, rest.at[0]);
            rest = span_from(rest, 1);
        }
    }
}
