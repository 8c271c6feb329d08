/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_ERR_H
#define XEBRA_ERR_H

/**
 * @file
 * The one form of an error that a person will read: "place: why", where the place is a file and a
 * path of keys in it ("router.json: interfaces.lan.vlan"), a command's parameter or a device.
 *
 * A function that can fail for a reason worth telling takes a struct xebra_err pointer last, fills
 * it and returns a negative errno value. Callers that know more of the place prepend it.
 */

#include <rte_common.h>

/** An error with its place. Empty text: no error. The caller owns it; any thread. */
struct xebra_err {
	int code;       /**< Negative errno value. */
	char text[480]; /**< "place: why", one line: control characters become '?'. */
};

/**
 * Fill in an error.
 *
 * @param err
 *   Filled in; NULL is allowed (the caller does not want to know).
 * @param code
 *   Negative errno value.
 * @param fmt
 *   printf format of the text, "place: why" or, where a caller will prepend the place, just "why".
 * @return
 *   @p code, so that `return xebra_err_set(...)` reads well.
 */
int xebra_err_set(struct xebra_err *err, int code, const char *fmt, ...) __rte_format_printf(3, 4);

/**
 * Put a place before an error's text: "place: text".
 *
 * @return
 *   The error's code; 0 when @p err is NULL.
 */
int xebra_err_at(struct xebra_err *err, const char *fmt, ...) __rte_format_printf(2, 3);

/**
 * The word of a list that somebody probably meant, for "did you mean" suggestions.
 *
 * @param word
 *   What was written.
 * @param words
 *   Candidates, ended by NULL.
 * @return
 *   The nearest candidate, at most a third of its letters away, or NULL.
 */
const char *xebra_nearest_word(const char *word, const char *const *words);

#endif
