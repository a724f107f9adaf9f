// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_SAVING_SECRETS_HPP
#define HOLDFAST_SRC_SAVING_SECRETS_HPP

#include <holdfast/endpoints/description.hpp>

#include <map>
#include <string>
#include <string_view>

namespace holdfast::detail
{
/// Whether a description holds what may be a secret: a password, or the PEM of a private key.
bool holds_secret(std::string_view description);

/// What is wrong with the key of a secret, such as `endpoint.password`; null if nothing is.
const char* wrong_secret_key(std::string_view key);

/// What is wrong with the reference to a secret, such as `env:NAME`; null if nothing is.
const char* wrong_secret_reference(std::string_view reference);

/// Reads a secret from where the reference says.
///
/// @throws std::invalid_argument if it is not there; with the reference, never with what was read
std::string read_secret(const std::string& reference);

/// The description with a secret at the place that the key says.
///
/// @throws std::invalid_argument if there is no such place, or something stands there already
description with_secret(description d, std::string_view key, const std::string& secret);
}

#endif
