#include "roster/exporting.h"

#include "support.h"

/* Where an object has to be to be exported; what comes of the rows is tried in report/ and cli/. */

enum { BENEATH = 1 /* --subcontainers */, ONLY = 2 /* BasepointOnly */ };

static const struct place_row {
    const char *name;
    const char *dn, *container, *directory_name; /* of the object; NULL: it has none */
    const char *in, *basepoint;                  /* what is wanted; NULL: anything */
    int how;
    bool added;
} rows[] = {
    {"everything without a place", NULL, NULL, NULL, NULL, NULL, 0, true},
    {"its container", NULL, "Recipients", NULL, "recipients", NULL, 0, true},
    {"one beneath it", NULL, "Recipients/cn=Sales", NULL, "Recipients", NULL, 0, false},
    {"beneath it, when asked for", NULL, "Recipients/cn=Sales", NULL, "Recipients", NULL, BENEATH,
     true},
    {"one above it", NULL, "Recipients", NULL, "Sales", NULL, BENEATH, false},
    {"the container of a DN", "cn=a,ou=x,dc=y", NULL, NULL, "OU=X,DC=Y", NULL, 0, true},
    {"no container at all", NULL, NULL, NULL, "Recipients", NULL, BENEATH, false},
    {"beneath a basepoint", "cn=a,ou=x,dc=y", NULL, NULL, NULL, "dc=y", 0, true},
    {"directly beneath it only", "cn=a,ou=x,dc=y", NULL, NULL, NULL, "dc=y", ONLY, false},
    {"directly beneath it", "cn=a,ou=x,dc=y", NULL, NULL, NULL, "ou=x,dc=y", ONLY, true},
    {"the basepoint itself", "cn=a,ou=x,dc=y", NULL, NULL, NULL, "CN=A,OU=X,DC=Y", 0, true},
    {"which is not beneath itself", "cn=a,ou=x,dc=y", NULL, NULL, NULL, "CN=A,OU=X,DC=Y", ONLY,
     false},
    {"a relative container lies in the site", NULL, "Recipients", NULL, NULL, "/o=O/ou=S", 0, true},
    {"but not directly", NULL, "Recipients", NULL, NULL, "/o=O/ou=S", ONLY, false},
    {"and is the one that a path names there", NULL, "Recipients", NULL, NULL,
     "/o=O/ou=S/cn=Recipients", 0, true},
    {"a whole container in another site", NULL, "/o=O/ou=T/cn=Recipients", NULL, NULL, "/o=O/ou=S",
     0, false},
    {"a whole container in the site", NULL, "/o=O/ou=S/cn=Recipients", NULL, NULL, "/o=O/ou=S", 0,
     true},
    {"an object by its path", NULL, "Recipients", "anna", NULL, "/o=O/ou=S/cn=Recipients/cn=Anna",
     0, true},
    {"another object there", NULL, "Recipients", "bo", NULL, "/o=O/ou=S/cn=Recipients/cn=Anna", 0,
     false},
    {"both a basepoint and a container", NULL, "Recipients", NULL, "Sales", "/o=O/ou=S", 0, false},
};

static struct span given(const char *text)
{
    return text != NULL ? span_text(text) : (struct span){0};
}

struct made {
    struct export_header header;
    struct export export;
    struct exporting exporting;
    struct arena arena;
};

static void make(struct made *made, const struct export_options *options)
{
    struct why why;

    made->arena = arena_with_max(1 << 20);
    assert_int_equal(
        export_header_read(span_text("cn,Shoe-Size"), true, options, &made->header, &why),
        FAULT_NONE);
    assert_int_equal(export_init(&made->header, options, &made->export, &why), FAULT_NONE);
    assert_int_equal(exporting_init(&made->export, &made->exporting, &why), FAULT_NONE);
}

static void unmake(struct made *made)
{
    exporting_clear(&made->exporting);
    export_clear(&made->export);
    export_header_clear(&made->header);
    arena_clear(&made->arena);
}

static void place_holds(void **state)
{
    const struct place_row *row = *state;
    const struct entry entry = {.dn = given(row->dn),
                                .container = given(row->container),
                                .directory_name = given(row->directory_name)};
    const struct export_options options = {.container = given(row->in),
                                           .basepoint = given(row->basepoint),
                                           .subcontainers = row->how == BENEATH,
                                           .basepoint_only = row->how == ONLY};
    struct buffer out = buffer_with_max(4096);
    struct export_tally tally;
    const char *remark = "";
    struct made made;
    bool added = !row->added;

    make(&made, &options);
    assert_int_equal(exporting_begin(&made.exporting, &made.arena, &tally), FAULT_NONE);
    assert_int_equal(
        exporting_add(&made.exporting, &entry, &made.arena, &out, &tally, &added, &remark),
        FAULT_NONE);
    assert_int_equal(added, row->added);
    assert_int_equal(out.len > 0, row->added);
    assert_null(remark);
    buffer_clear(&out);
    unmake(&made);
}

static void memory_runs_out(void **state)
{
    const struct export_options options = {0};
    const struct entry entry = {0};
    struct arena none = arena_with_max(0);
    struct buffer out = buffer_with_max(4096);
    struct export_tally tally = {0};
    const char *remark;
    struct made made;
    bool added = true;
    (void)state;

    make(&made, &options);
    assert_int_equal(exporting_begin(&made.exporting, &none, &tally), FAULT_RESOURCE);
    assert_null(tally.met);
    assert_int_equal(exporting_add(&made.exporting, &entry, &none, &out, &tally, &added, &remark),
                     FAULT_RESOURCE);
    assert_false(added);
    assert_int_equal(out.len, 0);
    buffer_clear(&out);
    unmake(&made);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(memory_runs_out)};

    TESTS_OF(tests + 1, rows, place_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
