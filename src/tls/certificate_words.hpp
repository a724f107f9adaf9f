// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_CERTIFICATE_WORDS_HPP
#define HOLDFAST_SRC_TLS_CERTIFICATE_WORDS_HPP

#include "openssl.hpp"

#include <ctime>
#include <string>
#include <vector>

namespace holdfast::detail
{
/// A name of X.509, such as `CN=Example CA,O=Example`. What is in it was written by whoever made
/// the certificate; it is one line.
std::string text_of(const X509_NAME* name);

/// The same between quotation marks, for a message.
std::string say(const X509_NAME* name);

/// `2026-02-03 04:05:06 UTC`.
std::string say(std::time_t t);

std::time_t time_of(const ASN1_TIME* t);

/// The names and addresses that a certificate is for; each is one line.
///
/// @param in_marks Whether names, not addresses, stand between quotation marks.
std::vector<std::string> names_of(const X509* certificate, bool in_marks = true);

/// `a, b and c`: the first few of them, and how many more there are.
std::string listed(const std::vector<std::string>& names);
}

#endif
