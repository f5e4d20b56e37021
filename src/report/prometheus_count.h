#ifndef REPORT_PROMETHEUS_COUNT_H
#define REPORT_PROMETHEUS_COUNT_H

#include "base/buffer.h"

/*
 * How often each text came, for a label whose values others choose: whoever may write what is
 * counted must not decide how many time series there are, nor how much memory that takes.
 *
 * Up to LABEL_TEXTS_MAX different texts are told apart, in a balanced tree, which no choice of
 * texts makes slow. What comes beyond them is counted as `other`, like everything that is not among
 * the most frequent in the end. {0} is empty.
 */
enum {
    LABEL_TEXTS_MAX = 16384,
    LABEL_LENGTH_MAX = 200, /* bytes; a longer text is cut */
    LABEL_VALUES_MAX = 20,  /* time series of a label, `other` left out */
};

struct label_counts {
    void *tree; /* tsearch(3), of struct label_count */
    struct label_count **all;
    size_t count, capacity;
    uint64_t other;
};

/*
 * Adds one; `text` is UTF-8. An empty text and the word `other` are others. FAULT_RESOURCE without
 * memory.
 */
MUST_USE enum fault label_counts_add(struct label_counts *counts, struct span text);

/*
 * Adds a line for each of the most frequent texts, `name{label="text"} 17`, the most frequent
 * first and equal ones by their bytes, and one for `other`, also when there is none.
 */
void label_counts_print(struct label_counts *counts, const char *name, const char *label,
                        struct buffer *out);

void label_counts_clear(struct label_counts *counts);

/*
 * Adds a label's value, which is UTF-8, with quotes, backslashes and line ends escaped as
 * Prometheus and OpenMetrics ("ABNF", escaped-string) have it.
 */
void label_add_value(struct buffer *out, struct span text);

#endif
