#include "cert/chain.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* One call of X509_verify_cert(). */
struct walk {
    int signatures; /* checked so far */
    bool about_the_leaf;
};

/* Key usage is judged with the path, where libcrypto has a sentence for it. */
static bool is_issued(X509 *issuer, X509 *subject)
{
    int said = X509_check_issued(issuer, subject);

    return said == X509_V_OK || said == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
}

static int is_issued_and_signed(X509_STORE_CTX *context, X509 *subject, X509 *issuer)
{
    struct walk *walk = X509_STORE_CTX_get_app_data(context);

    if (!is_issued(issuer, subject) || walk->signatures >= CHAIN_SIGNATURES_MAX) {
        return 0;
    }
    walk->signatures++;
    return X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
}

static bool is_time(int error)
{
    return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

static bool is_issuer_missing(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static int judge_error(int ok, X509_STORE_CTX *context)
{
    struct walk *walk = X509_STORE_CTX_get_app_data(context);
    int error = X509_STORE_CTX_get_error(context);

    if (ok || X509_STORE_CTX_get_error_depth(context) > 0) {
        return ok;
    }
    walk->about_the_leaf = walk->about_the_leaf || !(is_time(error) || is_issuer_missing(error));
    return is_time(error);
}

static STACK_OF(X509) * stack_of(struct ca *const *cas, size_t count)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    for (size_t i = 0; stack != NULL && i < count; i++) {
        if (sk_X509_push(stack, cas[i]->x509) <= 0) {
            sk_X509_free(stack);
            return NULL;
        }
    }
    return stack;
}

enum fault chain_question_seal(struct chain_question *question, struct why *why)
{
    X509_STORE *store = X509_STORE_new();

    question->store = store;
    question->trusted_stack = stack_of(question->trusted, question->trusted_count);
    question->helper_stack = stack_of(question->helpers, question->helper_count);
    if (store == NULL || question->trusted_stack == NULL || question->helper_stack == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    X509_STORE_set_check_issued(store, is_issued_and_signed);
    X509_STORE_set_verify_cb(store, judge_error);
    return FAULT_NONE;
}

void chain_question_clear(struct chain_question *question)
{
    sk_X509_free(question->trusted_stack);
    sk_X509_free(question->helper_stack);
    X509_STORE_free(question->store);
    question->trusted_stack = question->helper_stack = question->store = NULL;
}

/* The inputs of RFC 5280, section 6.1.1; libcrypto must be told that any policy will do. */
static bool set_rules(X509_STORE_CTX *context, const struct chain_question *question)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

    flags |= question->who_only ? X509_V_FLAG_NO_CHECK_TIME : X509_V_FLAG_POLICY_CHECK;
    X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
    if (!question->who_only) {
        X509_VERIFY_PARAM_set_time(param, (time_t)question->at);
    }
    return X509_VERIFY_PARAM_set_flags(param, flags) == 1 &&
           X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) == 1;
}

/*
 * Path lengths (RFC 5280, section 4.2.1.9) as they are when the path goes on below its first
 * certificate, which X509_verify_cert() takes for the end.
 */
static bool has_room_below(STACK_OF(X509) * path)
{
    long below = 0;

    for (int i = 0; i < sk_X509_num(path); i++) {
        X509 *ca = sk_X509_value(path, i);
        long most = X509_get_pathlen(ca);

        if (most >= 0 && below > most) {
            return false;
        }
        below += (X509_get_extension_flags(ca) & EXFLAG_SI) == 0;
    }
    return true;
}

/* One asking: the question and the certificates that came along. */
struct asking {
    const struct chain_question *question;
    struct ca *const *extra;
    size_t count;
    chain_visitor *visit;
    void *context;
};

static const struct ca *find_ca(struct ca *const *cas, size_t count, const X509 *x509)
{
    for (size_t i = 0; i < count; i++) {
        if (cas[i]->x509 == x509) {
            return cas[i];
        }
    }
    return NULL;
}

static void visit_path(const struct asking *asking, STACK_OF(X509) * path)
{
    const struct chain_question *question = asking->question;

    for (int i = question->who_only ? 0 : 1; i < sk_X509_num(path); i++) {
        const X509 *x509 = sk_X509_value(path, i);
        const struct ca *ca = find_ca(question->trusted, question->trusted_count, x509);

        if (ca == NULL) {
            ca = find_ca(question->helpers, question->helper_count, x509);
        }
        if (ca == NULL) {
            ca = find_ca(asking->extra, asking->count, x509);
        }
        if (ca != NULL) {
            asking->visit(asking->context, ca);
        }
    }
}

/* False when memory gave out. */
static bool take_answer(const struct asking *asking, X509_STORE_CTX *verifier,
                        struct chain_answer *out)
{
    bool good = X509_verify_cert(verifier) == 1;
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(verifier);
    int error = X509_STORE_CTX_get_error(verifier);

    if (!good && error == X509_V_ERR_OUT_OF_MEM) {
        return false;
    }
    if (good && asking->question->who_only && !has_room_below(path)) {
        good = false;
        error = X509_V_ERR_PATH_LENGTH_EXCEEDED;
    }
    out->good = good;
    out->why = good ? NULL : X509_verify_cert_error_string(error);
    if (asking->visit != NULL) {
        visit_path(asking, path);
    }
    return true;
}

static STACK_OF(X509) * all_helpers(const struct asking *asking)
{
    STACK_OF(X509) *helpers = sk_X509_dup(asking->question->helper_stack);

    for (size_t i = 0; helpers != NULL && i < asking->count; i++) {
        if (sk_X509_push(helpers, asking->extra[i]->x509) <= 0) {
            sk_X509_free(helpers);
            return NULL;
        }
    }
    return helpers;
}

enum fault chain_ask(const struct chain_question *question, void *leaf, struct ca *const *extra,
                     size_t count, chain_visitor *visit, void *context, struct chain_answer *out)
{
    struct asking asking = {question, extra, count, visit, context};
    X509_STORE_CTX *verifier = X509_STORE_CTX_new();
    STACK_OF(X509) *helpers = all_helpers(&asking);
    struct chain_answer answer = {0};
    struct walk walk = {0};
    bool done = false;

    if (verifier != NULL && helpers != NULL &&
        X509_STORE_CTX_init(verifier, question->store, leaf, helpers) == 1 &&
        X509_STORE_CTX_set_app_data(verifier, &walk) == 1 && set_rules(verifier, question)) {
        X509_STORE_CTX_set0_trusted_stack(verifier, question->trusted_stack);
        done = take_answer(&asking, verifier, &answer);
    }
    X509_STORE_CTX_free(verifier);
    sk_X509_free(helpers);
    ERR_clear_error();
    if (!done) {
        return FAULT_RESOURCE;
    }
    answer.about_the_leaf = walk.about_the_leaf;
    *out = answer;
    return FAULT_NONE;
}

void *chain_leaf_new(struct span der)
{
    const unsigned char *at = der.at;
    X509 *leaf = der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;

    if (leaf == NULL || at != der.at + der.len) {
        X509_free(leaf);
        ERR_clear_error();
        return NULL;
    }
    return leaf;
}

void chain_leaf_free(void *leaf) { X509_free(leaf); }

bool chain_is_signed(const struct ca *ca, void *leaf)
{
    bool is_signed = X509_verify(leaf, ca->key) == 1;

    ERR_clear_error();
    return is_signed;
}
