#include "kms/vault/envelope.h"

#include "cert/der.h"
#include "kms/vault/envelope_form.h"

enum {
    EXPLICIT_0 = DER_CONTEXT | DER_CONSTRUCTED | 0,
    EXPLICIT_1 = DER_CONTEXT | DER_CONSTRUCTED | 1,
    IMPLICIT_0 = DER_CONTEXT | 0, /* of a primitive type */
};

static bool take_oid(struct cursor *in, struct span wanted)
{
    struct span oid;

    return der_take(in, DER_OID, &oid) && span_equal(oid, wanted);
}

static bool take_number(struct cursor *in, uint8_t wanted)
{
    struct span number;

    return der_take(in, DER_INTEGER, &number) && span_equal(number, span_of(&wanted, 1));
}

/* OriginatorPublicKey; RFC 5753, 3.1.1: parameters are absent, NULL is to be understood. */
static bool take_originator(struct cursor *in, struct span *point)
{
    struct cursor outer, key, algorithm;
    struct span null, bits;

    if (!der_enter(in, EXPLICIT_0, &outer) || !der_enter(&outer, EXPLICIT_1, &key) ||
        outer.rest.len > 0 || !der_enter(&key, DER_SEQUENCE, &algorithm) ||
        !take_oid(&algorithm, OID_EC_KEY)) {
        return false;
    }
    if (algorithm.rest.len > 0 &&
        (!der_take(&algorithm, DER_NULL, &null) || null.len > 0 || algorithm.rest.len > 0)) {
        return false;
    }
    if (!der_take(&key, DER_BIT_STRING, &bits) || key.rest.len > 0 || bits.len < 2 ||
        bits.at[0] != 0) {
        return false;
    }
    *point = span_from(bits, 1);
    return true;
}

/* KeyEncryptionAlgorithmIdentifier: how the key that wraps is agreed, and how it wraps. */
static bool take_agreement(struct cursor *in)
{
    struct cursor algorithm;
    struct span wrap;

    return der_enter(in, DER_SEQUENCE, &algorithm) && take_oid(&algorithm, OID_ECDH) &&
           der_take_whole(&algorithm, DER_SEQUENCE, &wrap) && span_equal(wrap, WRAP_ALGORITHM) &&
           algorithm.rest.len == 0;
}

/* RecipientEncryptedKeys: one, the recovery certificate's. */
static bool take_wrapped(struct cursor *in, struct envelope *out)
{
    struct cursor keys, key;
    struct der_element recipient;

    if (!der_enter(in, DER_SEQUENCE, &keys) || !der_enter(&keys, DER_SEQUENCE, &key) ||
        keys.rest.len > 0 || !der_next(&key, &recipient) ||
        (recipient.tag != DER_SEQUENCE && recipient.tag != EXPLICIT_0) ||
        !der_take(&key, DER_OCTET_STRING, &out->wrapped) || key.rest.len > 0) {
        return false;
    }
    out->recipient = recipient.whole;
    return out->wrapped.len == ENVELOPE_WRAPPED;
}

/* RecipientInfos: one KeyAgreeRecipientInfo (RFC 5652, 6.2.2), without user keying material. */
static bool take_recipient(struct cursor *in, struct envelope *out)
{
    struct cursor set, agree;

    return der_enter(in, DER_SET, &set) && der_enter(&set, EXPLICIT_1, &agree) &&
           set.rest.len == 0 && take_number(&agree, 3) &&
           take_originator(&agree, &out->ephemeral) && take_agreement(&agree) &&
           take_wrapped(&agree, out) && agree.rest.len == 0;
}

/* GCMParameters (RFC 5084, 3.2); a tag is of 16 bytes, and has to be said so: the default is 12. */
static bool take_gcm(struct cursor *algorithm, struct span *nonce)
{
    struct cursor parameters;

    return take_oid(algorithm, OID_GCM) && der_enter(algorithm, DER_SEQUENCE, &parameters) &&
           der_take(&parameters, DER_OCTET_STRING, nonce) && nonce->len == ENVELOPE_GCM_NONCE &&
           take_number(&parameters, ENVELOPE_GCM_TAG) && parameters.rest.len == 0;
}

static bool take_cbc(struct cursor *algorithm, struct span *nonce)
{
    return take_oid(algorithm, OID_CBC) && der_take(algorithm, DER_OCTET_STRING, nonce) &&
           nonce->len == ENVELOPE_CBC_NONCE;
}

/* EncryptedContentInfo, its content in one piece. */
static bool take_content(struct cursor *in, struct envelope *out)
{
    struct cursor info, algorithm;

    if (!der_enter(in, DER_SEQUENCE, &info) || !take_oid(&info, OID_DATA) ||
        !der_enter(&info, DER_SEQUENCE, &algorithm) ||
        !(out->cipher == ENVELOPE_AES_256_GCM ? take_gcm(&algorithm, &out->nonce)
                                              : take_cbc(&algorithm, &out->nonce))) {
        return false;
    }
    return algorithm.rest.len == 0 && der_take(&info, IMPLICIT_0, &out->content) &&
           out->content.len > 0 && info.rest.len == 0;
}

/* AuthEnvelopedData, or EnvelopedData with a recipient of version 3 (RFC 5652, 6.1). */
static bool take_enveloped(struct cursor *in, struct envelope *out)
{
    const bool has_tag = out->cipher == ENVELOPE_AES_256_GCM;

    if (!take_number(in, has_tag ? 0 : 2) || !take_recipient(in, out) || !take_content(in, out)) {
        return false;
    }
    if (has_tag &&
        (!der_take(in, DER_OCTET_STRING, &out->tag) || out->tag.len != ENVELOPE_GCM_TAG)) {
        return false;
    }
    return in->rest.len == 0;
}

static bool take_envelope(struct cursor *in, struct cursor *inner, struct envelope *out)
{
    struct cursor info;
    struct span type;

    if (!der_enter(in, DER_SEQUENCE, &info) || in->rest.len > 0 ||
        !der_take(&info, DER_OID, &type) || !der_enter(&info, EXPLICIT_0, inner) ||
        info.rest.len > 0) {
        return false;
    }
    if (!span_equal(type, OID_AUTH_ENVELOPED) && !span_equal(type, OID_ENVELOPED)) {
        return false;
    }
    out->cipher = span_equal(type, OID_ENVELOPED) ? ENVELOPE_AES_256_CBC : ENVELOPE_AES_256_GCM;
    info = *inner;
    return der_enter(&info, DER_SEQUENCE, inner) && info.rest.len == 0 &&
           take_enveloped(inner, out);
}

enum fault envelope_read(struct span der, struct envelope *out, struct why *why)
{
    struct cursor in = cursor_over(der);
    struct cursor inner = in;
    struct envelope read = {0};

    if (der.len > ENVELOPE_MAX) {
        return fault_at(FAULT_LIMIT, ENVELOPE_MAX, "an envelope is not larger than 16 KiB", why);
    }
    if (!take_envelope(&in, &inner, &read)) {
        return fault_at(FAULT_SYNTAX, inner.offset, "RFC 5083, RFC 5753: not an escrow envelope",
                        why);
    }
    *out = read;
    return FAULT_NONE;
}
