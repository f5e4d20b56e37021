#include "cmd/kms/kms_source.h"

#include <stdlib.h>

#include "cmd/cmd.h"
#include "directory/url.h"

const char *kms_source_help(void)
{
    return "With --from, instead of having it recognised:\n"
           "      --from-format FORMAT  csv or ldif\n"
           "      --encoding NAME   UTF-8, UTF-16, cp1252, or any name that iconv knows\n"
           "      --delimiter TEXT  what separates the columns\n"
           "      --quote CHARACTER what quotes a field, or none\n"
           "      --multi-value-separator CHARACTER\n"
           "                        what separates the values in a field\n"
           "With --from and the URL of a directory, as in ldapsearch:\n"
           "  -D DN                 bind as this user, with a password (-y, -W)\n"
           "  -y FILE               read the password from FILE\n"
           "  -W                    ask for the password\n"
           "  -Y MECHANISM          bind by SASL: EXTERNAL or GSSAPI (Kerberos)\n"
           "  -Z                    StartTLS, if the server has it; -ZZ: or stop\n"
           "      --ca FILE         authorities that certify the server\n"
           "      --page-size N     entries a page (500)\n"
           "      --timeout SECONDS wait so long for the connection, and for each answer\n"
           "      --follow-referrals  also ask the servers that this one points to\n"
           "  -v, --verbose         tell of references and lost connections\n";
}

void kms_source_init(struct kms_source *source)
{
    *source = (struct kms_source){0};
    reading_options_init(&source->reading);
    ldap_options_init(&source->ldap);
}

bool kms_source_option_is(int code)
{
    return code == KMS_OPTION_SOURCE || reading_option_is(code) || ldap_option_is(code);
}

const char *kms_source_take(struct kms_source *source, int code, const char *argument)
{
    if (code == KMS_OPTION_SOURCE) {
        if (source->path != NULL) {
            return "--from names one SOURCE, not also";
        }
        source->path = argument;
        return *argument != '\0' ? NULL : "--from is a file, - or a URL, not";
    }
    return reading_option_is(code) ? reading_option_take(&source->reading, code, argument)
                                   : ldap_option_take(&source->ldap, code, argument);
}

const char *kms_source_check(const struct kms_source *source)
{
    const char *wrong = reading_options_check(&source->reading);

    return wrong != NULL ? wrong : ldap_options_check(&source->ldap);
}

static void tell(void *context, uint64_t line, struct span sentence)
{
    const struct kms_source *source = context;

    complain_span(source->name, line, sentence);
}

/* What is not about certificates is read out of exports without any, too. */
static void prepare(struct kms_source *source)
{
    struct source_options *options = &source->reading.source;

    options->count_lines = true;
    options->csv.any_columns = true;
    options->live = &source->ldap.live;
}

/* One sentence, and not one of each row, where no column of a CSV is for addresses. */
static bool has_addresses(const struct kms_source *source)
{
    size_t count;
    const struct entry_column *columns = source_columns(source->source, &count);

    for (size_t i = 0; i < count; i++) {
        if (columns[i].attribute == ATTRIBUTE_MAIL || columns[i].attribute == ATTRIBUTE_ADDRESSES) {
            return true;
        }
    }
    if (columns != NULL) {
        complain(source->name, 0,
                 "no column of the header is known to hold mail addresses (such are mail, "
                 "proxyAddresses, E-mail Addresses, PrimarySmtpAddress)");
    }
    return columns == NULL;
}

bool kms_source_open(struct kms_source *source)
{
    struct why why = {0};
    enum fault fault;

    source->name = directory_url_public(source->path);
    if (source->name == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    prepare(source);
    if (!reading_options_open(&source->reading) ||
        (directory_is_url(source->path) && !ldap_options_read_password(&source->ldap)) ||
        !ldap_options_open(source->path, source->name, &source->reading.source, &source->source)) {
        return false;
    }
    fault = mailboxes_new(source->source, tell, source, &source->mailboxes, &why);
    if (fault != FAULT_NONE) {
        complain(source->name, 0, why.rule);
    }
    return fault == FAULT_NONE && has_addresses(source);
}

bool kms_source_fell_short(struct kms_source *source)
{
    if (source->mailboxes == NULL) {
        return false;
    }
    ldap_options_tell(&source->ldap, source->name, source->source);
    return mailboxes_complaints(source->mailboxes) > 0 || source_is_incomplete(source->source);
}

void kms_source_clear(struct kms_source *source)
{
    mailboxes_free(source->mailboxes);
    source_free(source->source);
    reading_options_clear(&source->reading);
    ldap_options_clear(&source->ldap);
    free(source->name);
    *source = (struct kms_source){0};
}
