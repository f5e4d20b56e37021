#include "cert/habit.h"

#include "cert/der.h"
#include "cert/extension.h"

static bool has(uint64_t numbers, int number) { return (numbers >> number & 1) != 0; }

static bool begins_with(struct span in, const uint8_t *bytes, size_t size)
{
    return size > 0 && in.len >= size && memcmp(in.at, bytes, size) == 0;
}

bool habit_take_head(const struct cert_habits *habits, struct cursor *in, struct cert *cert)
{
    for (size_t way = 0; way < HABIT_WAYS; way++) {
        const struct habit_head *head = &habits->heads[way];
        const uint8_t *at = in->rest.at;

        if (!begins_with(in->rest, head->bytes, head->size)) {
            continue;
        }
        cert->signature_algorithm = span_of(at + head->algorithm_at, head->algorithm_len);
        cert->signature_params = head->params_len > 0
                                     ? span_of(at + head->params_at, head->params_len)
                                     : (struct span){0};
        cert->issuer = span_of(at + head->issuer_at, head->size - (size_t)head->issuer_at);
        der_advance(in, head->size);
        return true;
    }
    return false;
}

void habit_keep_head(struct cert_habits *habits, struct span head, const struct cert *cert)
{
    size_t issuer = (size_t)(cert->issuer.at - head.at);
    struct habit_head *kept;

    if (head.len > HABIT_HEAD_BYTES || issuer > UINT8_MAX) {
        return;
    }
    kept = &habits->heads[habits->oldest_head++ % HABIT_WAYS];
    kept->size = (uint16_t)head.len;
    kept->algorithm_at = (uint8_t)(cert->signature_algorithm.at - head.at);
    kept->algorithm_len = (uint8_t)cert->signature_algorithm.len;
    kept->params_len = (uint8_t)cert->signature_params.len;
    kept->params_at =
        kept->params_len > 0 ? (uint8_t)(cert->signature_params.at - head.at) : (uint8_t)0;
    kept->issuer_at = (uint8_t)issuer;
    memcpy(kept->bytes, head.at, head.len);
}

void habit_keep_subject(struct cert_habits *habits, struct span rdns)
{
    if (rdns.len <= sizeof(habits->subject)) {
        memcpy(habits->subject, rdns.at, rdns.len);
        habits->subject_size = rdns.len;
    }
}

/* The run at `place` that the input begins with, or NULL. */
static const struct habit_run *find_run(const struct cert_habits *habits, size_t place,
                                        struct span in)
{
    for (size_t way = 0; place < HABIT_PLACES && way < HABIT_WAYS; way++) {
        const struct habit_run *run = &habits->runs[place][way];

        if (begins_with(in, run->bytes, run->size)) {
            return run;
        }
    }
    return NULL;
}

bool habit_take_run(const struct cert_habits *habits, size_t place, struct cursor *in,
                    struct cert *cert, uint64_t *seen)
{
    const uint8_t *at = in->rest.at;
    const struct habit_run *run = find_run(habits, place, in->rest);

    if (run == NULL || (run->numbers & *seen) != 0) {
        return false;
    }
    if (has(run->numbers, CE_KEY_USAGE)) {
        cert->has_key_usage = true;
        cert->key_usage = run->key_usage;
    }
    if (has(run->numbers, CE_EXT_KEY_USAGE)) {
        cert->eku = span_of(at + run->eku_at, run->eku_len);
    }
    if (has(run->numbers, CE_BASIC_CONSTRAINTS)) {
        cert->ca = run->ca;
    }
    if (has(run->numbers, CE_AUTHORITY_KEY_ID)) {
        cert->authority_key_id = span_of(at + run->key_id_at, run->key_id_len);
    }
    *seen |= run->numbers;
    der_advance(in, run->size);
    return true;
}

bool habit_is_common(uint8_t number, const struct cert *cert)
{
    switch (number) {
    case CE_SUBJECT_ALT_NAME:
    case CE_SUBJECT_KEY_ID:
        return false;
    case CE_AUTHORITY_KEY_ID: /* one without the key's has nothing to point at */
        return cert->authority_key_id.at != NULL;
    default:
        return true;
    }
}

void habit_keep_run(struct cert_habits *habits, size_t place, struct span bytes, uint64_t numbers,
                    const struct cert *cert)
{
    struct habit_run *run;

    if (place >= HABIT_PLACES || bytes.len > HABIT_RUN_BYTES) {
        return;
    }
    run = &habits->runs[place][habits->oldest[place]++ % HABIT_WAYS];
    run->numbers = numbers;
    run->size = (uint16_t)bytes.len;
    run->key_usage = cert->key_usage;
    run->ca = cert->ca;
    if (has(numbers, CE_EXT_KEY_USAGE)) {
        run->eku_at = (uint16_t)(cert->eku.at - bytes.at);
        run->eku_len = (uint16_t)cert->eku.len;
    }
    if (has(numbers, CE_AUTHORITY_KEY_ID)) {
        run->key_id_at = (uint16_t)(cert->authority_key_id.at - bytes.at);
        run->key_id_len = (uint16_t)cert->authority_key_id.len;
    }
    memcpy(run->bytes, bytes.at, bytes.len);
}
