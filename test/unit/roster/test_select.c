#include "roster/select.h"

#include <assert.h>

#include "base/utc.h"
#include "support.h"

#define SITE "/o=Org/ou=Site"

static const struct container_row {
    const char *name, *container, *wanted;
    bool matches;
} container_rows[] = {
    {"a relative one", "Recipients", "Recipients", true},
    {"in another case", "Recipients", "recipients", true},
    {"a path by its last name", SITE "/cn=Recipients", "Recipients", true},
    {"a path by its last part", SITE "/cn=Recipients", "cn=Recipients", true},
    {"a whole path", SITE "/cn=Recipients", "/O=ORG/OU=SITE/CN=RECIPIENTS", true},
    {"beneath a path", SITE "/cn=Recipients/cn=Sales", SITE "/cn=Recipients", true},
    {"far beneath it", SITE "/cn=A/cn=B/cn=C", SITE, true},
    {"beneath one named alone", SITE "/cn=Recipients/cn=Sales", "Recipients", true},
    {"beneath a relative one", "Recipients/cn=Letters", "Recipients", true},
    {"a relative one beneath", "Recipients/cn=Letters", "Letters", true},
    {"a DN by its first name", "OU=Sales,DC=example,DC=org", "Sales", true},
    {"a DN by its first part", "OU=Sales,DC=example,DC=org", "OU=Sales", true},
    {"a whole DN", "OU=Sales,DC=example,DC=org", "ou=sales,dc=example,dc=org", true},
    {"beneath a DN", "OU=Berlin,OU=Sales,DC=x", "OU=Sales,DC=x", true},
    {"beneath a DN, with blanks", "OU=Berlin, OU=Sales,DC=x", "OU=Sales,DC=x", true},
    {"beneath one named alone, in a DN", "OU=Berlin,OU=Sales,DC=x", "Sales", true},
    {"a name with a slash in a DN", "OU=A/B,DC=x", "A/B", true},
    {"a name with a comma", "OU=A\\, B,DC=x", "A\\, B", true},
    {"another one", "Recipients", "Sales", false},
    {"none at all", "", "Recipients", false},
    {"the start of a name", "Recipients", "Recip", false},
    {"a longer name", "Recipients", "Recipients2", false},
    {"the start of a path's part", SITE "/cn=Recipients2", SITE "/cn=Recipients", false},
    {"the end of a DN's part", "OU=Berlin,OU=ExSales,DC=x", "Sales,DC=x", false},
    {"what lies above it", SITE, SITE "/cn=Recipients", false},
    {"what lies above it in a DN", "DC=x", "OU=Sales,DC=x", false},
    {"another site", "/o=Org/ou=Other/cn=Recipients", SITE "/cn=Recipients", false},
    {"a type alone", "OU=Sales,DC=x", "OU", false},
    {"behind an escaped comma", "OU=A\\,Sales,DC=x", "Sales", false},
    {"a DN behind an escaped comma", "OU=A\\,OU=Sales,DC=x", "OU=Sales,DC=x", false},
    {"a slash alone", "/", "x", false},
    {"slashes alone", "///", "x", false},
    {"commas alone", ",,,", "x", false},
    {"a backslash at the end", "OU=a\\", "a", false},
};

static void container_row_holds(void **state)
{
    const struct container_row *row = *state;
    uint8_t *container = exact_copy(row->container, strlen(row->container));
    uint8_t *wanted = exact_copy(row->wanted, strlen(row->wanted));

    assert_int_equal(container_matches(span_of(container, strlen(row->container)),
                                       span_of(wanted, strlen(row->wanted))),
                     row->matches);
    free(container);
    free(wanted);
}

enum { NEVER = -1 };

static const struct selection_row {
    const char *name;
    struct selection selection;
    const char *container;
    enum standing standing;
    int days_left; /* of the effective certificate; NEVER: there is none */
    bool has;
} selection_rows[] = {
    {"nothing is asked", {0}, "R", STANDING_NONE, NEVER, true},
    {"the standing is one of them",
     {.standings = 1U << STANDING_NONE | 1U << STANDING_EXPIRED},
     "R",
     STANDING_NONE,
     NEVER,
     true},
    {"the last standing",
     {.standings = 1U << STANDING_UNKNOWN},
     "R",
     STANDING_UNKNOWN,
     NEVER,
     true},
    {"it ends within the time", {.expiring_only = true}, "R", STANDING_EXPIRING, 29, true},
    {"it ends just then", {.expiring_only = true}, "R", STANDING_EXPIRING, 30, true},
    {"the standing is another",
     {.standings = 1U << STANDING_ACTIVE},
     "R",
     STANDING_NONE,
     NEVER,
     false},
    {"it ends later", {.expiring_only = true}, "R", STANDING_ACTIVE, 31, false},
    {"there is none to end", {.expiring_only = true}, "R", STANDING_EXPIRED, NEVER, false},
    {"the container is another",
     {.container = {(const uint8_t *)"S", 1}},
     "R",
     STANDING_NONE,
     NEVER,
     false},
    {"the container is unknown",
     {.container = {(const uint8_t *)"S", 1}},
     "",
     STANDING_NONE,
     NEVER,
     false},
    {"the standing is right, the container is not",
     {.standings = 1U << STANDING_NONE, .container = {(const uint8_t *)"S", 1}},
     "R",
     STANDING_NONE,
     NEVER,
     false},
};

static void selection_row_holds(void **state)
{
    const struct selection_row *row = *state;
    const struct entry entry = {.container = span_text(row->container)};
    const struct rules rules = {.at = 1000, .warning_seconds = 30 * (int64_t)UTC_DAY};
    const struct candidate candidate = {.cert.not_after = 1000 + row->days_left * (int64_t)UTC_DAY};
    const struct verdict verdict = {.standing = row->standing,
                                    .effective = row->days_left == NEVER ? NULL : &candidate};
    const struct row shown = {.entry = &entry, .verdict = &verdict, .rules = &rules};

    assert_int_equal(selection_has(&row->selection, &shown), row->has);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(container_rows) + COUNT(selection_rows)];
    size_t n = 0;

    n += TESTS_OF(tests + n, container_rows, container_row_holds);
    n += TESTS_OF(tests + n, selection_rows, selection_row_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
