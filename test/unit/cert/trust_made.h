#ifndef TEST_UNIT_CERT_TRUST_MADE_H
#define TEST_UNIT_CERT_TRUST_MADE_H

#include "trust_maker.h"

/* The certificates that the tests of trust speak of. */
enum made {
    NOTHING,
    ROOT,
    ROOT_OLD,         /* the root's certificate before it was renewed, expired */
    ROOT_OTHER_KEY,   /* the root's name, another key */
    ROOT_OTHER_NO_ID, /* the same, without key identifiers */
    ROOT_UPPER,       /* the root's name in capitals, the same key */
    STRANGER,
    SUB,
    SUB_EXPIRED,
    SUB_FUTURE,
    SUB_NO_CA,
    SUB_NO_SIGN,
    SUB_PATHLEN,
    SUB_NAMES,     /* only addresses at example.org */
    SUB_POLICY,    /* asks for an explicit policy */
    SUB_SUB,       /* below SUB */
    SUB_SUB_SHORT, /* below SUB_PATHLEN */
    SUB_FORGED,    /* the sub CA's name and another key, signed by nobody who may */
    ROOT_P256,
    ROOT_P384,
    ROOT_ED,
    ROOT_PSS,
    ROOT_V1_LIKE, /* neither basic constraints nor key usage */
    ROOT_NEXT,    /* the root's next key, certified by the key that it has */
    ROOT_NO_CRL,  /* the root, whose key usage lets it sign no lists */
    LEAF,
    LEAF_OTHER_KEY, /* the root's name as issuer, signed by a stranger */
    LEAF_OTHER_AKI, /* signed by the root, its key identifier is another's */
    LEAF_TBS,       /* altered after signing */
    LEAF_SIGNATURE,
    LEAF_EXPIRED,
    LEAF_FUTURE,
    LEAF_STRANGER,
    LEAF_SUB,
    LEAF_SUB_ORG, /* with an address at example.org */
    LEAF_SUB_COM, /* and one at example.com */
    LEAF_SUB_POLICY,
    LEAF_SUB_SUB,
    LEAF_BY_LEAF, /* issued by the holder of LEAF, who is no CA */
    LEAF_CRITICAL,
    LEAF_MD5,
    LEAF_SHA1,
    LEAF_SHA512,
    LEAF_P256,
    LEAF_P384,
    LEAF_ED,
    LEAF_PSS,
    LEAF_PSS_KEY,
    LEAF_POINTS,
    LEAF_NO_IDS,
    LEAF_AKI_SERIAL, /* names its issuer's certificate by issuer and serial as well */
    LEAF_SELF,       /* self-signed, no CA */
    LEAF_EC_KEY,
    LEAF_OLD,  /* by ROOT_OTHER_NO_ID's key, without key identifiers */
    LEAF_NEXT, /* by the root's next key */
    MADE_COUNT
};

#define CA_USAGE "critical,keyCertSign,cRLSign"
#define CA       .constraints = "critical,CA:TRUE", .usage = CA_USAGE
#define BY_ROOT  .issuer = "Root", .signer = KEY_ROOT
#define BY_SUB   .issuer = "Sub", .signer = KEY_SUB
#define A_SUB    .subject = "Sub", .key = KEY_SUB
#define A_LEAF   .subject = "Anna Berg", .key = KEY_LEAF, .email = "anna.berg@example.org"

/* certificatePolicies: 1.2.3.4 */
#define POLICY "DER:3007300506032a0304"

static const struct recipe made_recipes[MADE_COUNT] = {
    [ROOT] = {"Root", BY_ROOT, .key = KEY_ROOT, .serial = 1, CA},
    [ROOT_OLD] = {"Root", BY_ROOT, .key = KEY_ROOT, .serial = 2, CA, .from_day = -900,
                  .to_day = -10},
    [ROOT_OTHER_KEY] = {"Root", .issuer = "Root", .signer = KEY_STRANGER, .key = KEY_STRANGER,
                        .serial = 3, CA},
    [ROOT_OTHER_NO_ID] = {"Root", .issuer = "Root", .signer = KEY_STRANGER, .key = KEY_STRANGER,
                          .serial = 3, CA, .no_key_ids = true},
    [ROOT_UPPER] = {"ROOT", .issuer = "ROOT", .signer = KEY_ROOT, .key = KEY_ROOT, .serial = 4, CA},
    [STRANGER] = {"Stranger", .issuer = "Stranger", .signer = KEY_STRANGER, .key = KEY_STRANGER,
                  .serial = 5, CA},
    [SUB] = {A_SUB, BY_ROOT, .serial = 10, CA},
    [SUB_EXPIRED] = {A_SUB, BY_ROOT, .serial = 11, CA, .from_day = -900, .to_day = -10},
    [SUB_FUTURE] = {A_SUB, BY_ROOT, .serial = 12, CA, .from_day = 10, .to_day = 900},
    [SUB_NO_CA] = {A_SUB, BY_ROOT, .serial = 13, .usage = CA_USAGE},
    [SUB_NO_SIGN] = {A_SUB, BY_ROOT, .serial = 14, .constraints = "critical,CA:TRUE",
                     .usage = "critical,cRLSign"},
    [SUB_PATHLEN] = {A_SUB, BY_ROOT, .serial = 15, .constraints = "critical,CA:TRUE,pathlen:0",
                     .usage = CA_USAGE},
    [SUB_NAMES] = {A_SUB, BY_ROOT, .serial = 16, CA, .extra_name = "nameConstraints",
                   .extra_value = "critical,permitted;email:example.org"},
    [SUB_POLICY] = {A_SUB, BY_ROOT, .serial = 17, CA, .extra_name = "policyConstraints",
                    .extra_value = "critical,requireExplicitPolicy:0", .extra2_name = "2.5.29.32",
                    .extra2_value = POLICY},
    [SUB_SUB] = {"Sub Sub", BY_SUB, .key = KEY_P256, .serial = 20, CA},
    [SUB_SUB_SHORT] = {"Sub Sub", BY_SUB, .key = KEY_P256, .serial = 21, CA},
    [SUB_FORGED] = {"Sub", .issuer = "Root", .signer = KEY_STRANGER, .key = KEY_STRANGER,
                    .serial = 22, CA, .no_key_ids = true},
    [ROOT_P256] = {"Root EC", .issuer = "Root EC", .signer = KEY_P256, .key = KEY_P256, .serial = 1,
                   CA},
    [ROOT_P384] = {"Root 384", .issuer = "Root 384", .signer = KEY_P384, .key = KEY_P384,
                   .serial = 1, CA},
    [ROOT_ED] = {"Root Ed", .issuer = "Root Ed", .signer = KEY_ED, .key = KEY_ED, .serial = 1, CA},
    [ROOT_PSS] = {"Root PSS", .issuer = "Root PSS", .signer = KEY_PSS, .key = KEY_PSS, .serial = 1,
                  CA, .pss = true},
    [ROOT_V1_LIKE] = {"Root", BY_ROOT, .key = KEY_ROOT, .serial = 6, .constraints = "",
                      .usage = ""},
    [ROOT_NEXT] = {"Root", BY_ROOT, .key = KEY_P384, .serial = 8, CA},
    [ROOT_NO_CRL] = {"Root", BY_ROOT, .key = KEY_ROOT, .serial = 7,
                     .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign"},
    [LEAF] = {A_LEAF, BY_ROOT},
    [LEAF_OTHER_KEY] = {A_LEAF, .issuer = "Root", .signer = KEY_STRANGER, .authority = KEY_ROOT,
                        .other_authority = true},
    [LEAF_OTHER_AKI] = {A_LEAF, BY_ROOT, .authority = KEY_STRANGER, .other_authority = true},
    [LEAF_TBS] = {A_LEAF, BY_ROOT, .alter = 15},
    [LEAF_SIGNATURE] = {A_LEAF, BY_ROOT, .alter = -20},
    [LEAF_EXPIRED] = {A_LEAF, BY_ROOT, .from_day = -800, .to_day = -30},
    [LEAF_FUTURE] = {A_LEAF, BY_ROOT, .from_day = 30, .to_day = 800},
    [LEAF_STRANGER] = {A_LEAF, .issuer = "Stranger", .signer = KEY_STRANGER},
    [LEAF_SUB] = {A_LEAF, BY_SUB},
    [LEAF_SUB_ORG] = {A_LEAF, BY_SUB, .serial = 4712},
    [LEAF_SUB_COM] = {.subject = "Eve", .key = KEY_LEAF, BY_SUB, .email = "eve@example.com"},
    [LEAF_SUB_POLICY] = {A_LEAF, BY_SUB, .extra_name = "2.5.29.32", .extra_value = POLICY},
    [LEAF_SUB_SUB] = {A_LEAF, .issuer = "Sub Sub", .signer = KEY_P256},
    [LEAF_BY_LEAF] = {.subject = "Eve",
                      .key = KEY_STRANGER,
                      .issuer = "Anna Berg",
                      .signer = KEY_LEAF},
    [LEAF_CRITICAL] = {A_LEAF, BY_ROOT, .extra_name = "1.2.3.4",
                       .extra_value = "critical,DER:0500"},
    [LEAF_MD5] = {A_LEAF, BY_ROOT, .digest = "MD5"},
    [LEAF_SHA1] = {A_LEAF, BY_ROOT, .digest = "SHA1"},
    [LEAF_SHA512] = {A_LEAF, BY_ROOT, .digest = "SHA512"},
    [LEAF_P256] = {A_LEAF, .issuer = "Root EC", .signer = KEY_P256},
    [LEAF_P384] = {A_LEAF, .issuer = "Root 384", .signer = KEY_P384, .digest = "SHA384"},
    [LEAF_ED] = {A_LEAF, .issuer = "Root Ed", .signer = KEY_ED},
    [LEAF_PSS] = {A_LEAF, BY_ROOT, .pss = true},
    [LEAF_PSS_KEY] = {A_LEAF, .issuer = "Root PSS", .signer = KEY_PSS, .pss = true},
    [LEAF_POINTS] = {A_LEAF, BY_ROOT, .extra_name = "crlDistributionPoints",
                     .extra_value = "URI:http://kms.example.org/part1.crl"},
    [LEAF_NO_IDS] = {A_LEAF, BY_ROOT, .no_key_ids = true},
    [LEAF_AKI_SERIAL] = {A_LEAF, BY_ROOT, .aki_serial = true},
    [LEAF_SELF] = {"Anna Berg", .issuer = "Anna Berg", .key = KEY_LEAF, .signer = KEY_LEAF},
    [LEAF_EC_KEY] = {.subject = "Anna Berg",
                     .key = KEY_P384,
                     BY_ROOT,
                     .usage = "critical,digitalSignature,keyAgreement"},
    [LEAF_NEXT] = {A_LEAF, .issuer = "Root", .signer = KEY_P384},
    [LEAF_OLD] = {A_LEAF, .issuer = "Root", .signer = KEY_STRANGER, .no_key_ids = true},
};

/* Made when they are first asked for; they live as long as the program. */
static inline struct span made(enum made which)
{
    static struct span certificates[MADE_COUNT];

    if (certificates[which].at == NULL) {
        certificates[which] = make_cert(&made_recipes[which]);
    }
    return certificates[which];
}

#endif
