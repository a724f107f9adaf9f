// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_TARGET_OPTIONS_HPP
#define HOLDFAST_TOOL_TARGET_OPTIONS_HPP

#include "known_endpoints.hpp"

#include <holdfast/resolvers/fixed_addresses.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tool
{
/// What a command line says of where to connect, as it was written: the same for every command
/// that connects.
struct target_arguments
{
    std::string description{};
    bool ipv4 = false;
    bool ipv6 = false;
    std::vector<std::string> resolves{};
};

/// Has `command` take `DESCRIPTION`, `-4`, `-6` and `--resolve`.
void describe_target(CLI::App& command, target_arguments& a);

/// The endpoint that is meant. Throws `std::invalid_argument`.
hf::any_endpoint endpoint_of(const target_arguments& a);

/// The addresses that are to be taken for names. Throws `usage_error`.
std::vector<hf::fixed_address> names_of(const target_arguments& a);

/// Has `command` take an option that may be given again and again, each time with one value,
/// whatever that looks like.
void add_repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                    const std::string& type, const std::string& help);
}

#endif
