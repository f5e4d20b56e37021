#include "kms/authority/tbs_write.h"

#include "cert/der.h"
#include "cert/der_write.h"

enum { VERSION_3 = 2 };

void tbs_write(struct buffer *out, const struct tbs *tbs)
{
    size_t sequence = der_open(out, DER_SEQUENCE);
    size_t inner = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 0);

    der_add_number(out, DER_INTEGER, VERSION_3);
    der_close(out, inner);
    der_add(out, DER_INTEGER, tbs->serial);
    buffer_add(out, tbs->algorithm);
    buffer_add(out, tbs->issuer);
    inner = der_open(out, DER_SEQUENCE);
    der_add_time(out, tbs->not_before);
    der_add_time(out, tbs->not_after);
    der_close(out, inner);
    buffer_add(out, tbs->subject);
    buffer_add(out, tbs->spki);
    inner = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 3);
    der_add(out, DER_SEQUENCE, tbs->extensions);
    der_close(out, inner);
    der_close(out, sequence);
}

void signed_write(struct buffer *out, struct span tbs, struct span algorithm, struct span signature)
{
    size_t sequence = der_open(out, DER_SEQUENCE);

    buffer_add(out, tbs);
    buffer_add(out, algorithm);
    der_add_bits(out, signature);
    der_close(out, sequence);
}
