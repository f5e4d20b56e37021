#include "cert/habit.h"

#include "base/word.h"
#include "cert/der.h"
#include "cert/extension.h"

static bool begins_with(struct span in, const uint8_t *bytes, size_t size)
{
    return size > 0 && in.len >= size && memcmp(in.at, bytes, size) == 0;
}

bool habit_take_issuer(const struct cert_habits *habits, struct cursor *in, struct span *name)
{
    if (!begins_with(in->rest, habits->issuer, habits->issuer_size)) {
        return false;
    }
    *name = span_of(in->rest.at, habits->issuer_size);
    der_advance(in, habits->issuer_size);
    return true;
}

void habit_keep_issuer(struct cert_habits *habits, struct span name)
{
    if (name.len <= sizeof(habits->issuer)) {
        memcpy(habits->issuer, name.at, name.len);
        habits->issuer_size = name.len;
    }
}

/* Length, number and criticality stand in the first eight octets: they choose the way. */
static size_t way_of(const uint8_t *extension)
{
    const uint64_t golden = 0x9e3779b97f4a7c15; /* Knuth, 6.4: the ratio's 64 bits */

    return (size_t)(word_at(extension) * golden >> 62) % HABIT_WAYS;
}

bool habit_take_extension(const struct cert_habits *habits, size_t place, struct cursor *in,
                          struct cert *cert, uint64_t *seen)
{
    const uint8_t *at = in->rest.at;
    const struct extension_habit *habit;

    if (in->rest.len < sizeof(uint64_t) || place >= HABIT_PLACES) {
        return false;
    }
    habit = &habits->extensions[place][way_of(at)];
    if (!begins_with(in->rest, habit->bytes, habit->size) ||
        (habit->number > 0 && (*seen >> habit->number & 1) != 0)) {
        return false;
    }
    switch (habit->number) {
    case CE_KEY_USAGE:
        cert->has_key_usage = true;
        cert->key_usage = habit->key_usage;
        break;
    case CE_EXT_KEY_USAGE:
        cert->eku = span_of(at + habit->at, habit->len);
        break;
    case CE_BASIC_CONSTRAINTS:
        cert->ca = habit->ca;
        break;
    case CE_AUTHORITY_KEY_ID:
        cert->authority_key_id = span_of(at + habit->at, habit->len);
        break;
    default:
        break;
    }
    *seen |= habit->number > 0 ? (uint64_t)1 << habit->number : 0;
    der_advance(in, habit->size);
    return true;
}

void habit_keep_extension(struct cert_habits *habits, size_t place, struct span whole,
                          uint8_t number, const struct cert *cert)
{
    struct span inside = {.at = whole.at};
    struct extension_habit *habit;

    if (whole.len < sizeof(uint64_t) || whole.len > HABIT_BYTES || place >= HABIT_PLACES ||
        number == CE_SUBJECT_ALT_NAME || number == CE_SUBJECT_KEY_ID) {
        return;
    }
    if (number == CE_EXT_KEY_USAGE) {
        inside = cert->eku;
    } else if (number == CE_AUTHORITY_KEY_ID) {
        inside = cert->authority_key_id;
    }
    if (inside.at == NULL) {
        return; /* an authority key identifier without the key's */
    }
    habit = &habits->extensions[place][way_of(whole.at)];
    habit->size = (uint16_t)whole.len;
    habit->number = number;
    habit->ca = cert->ca;
    habit->key_usage = cert->key_usage;
    habit->at = (uint8_t)(inside.at - whole.at);
    habit->len = (uint8_t)inside.len;
    memcpy(habit->bytes, whole.at, whole.len);
}
