// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SAVING_RECORD_HPP
#define HOLDFAST_SAVING_RECORD_HPP

#include <holdfast/multi_service.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/retry/immediately.hpp>
#include <holdfast/retry/policy.hpp>
#include <holdfast/retry/twisted_backoff.hpp>
#include <holdfast/time.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What can be saved of services, and is loaded again: plain values. Nothing here says that a
// service was running, which clock it had, or what its secrets are.

namespace holdfast
{
/// A retry policy as a value that can be compared and written down.
struct retry_record
{
    using schedule = std::vector<duration>; ///< What `retry::schedule` is made of.

    std::variant<retry::backoff, retry::fixed, schedule, retry::immediately, retry::twisted_backoff>
        policy = {};
    std::optional<duration> min_delay = {};    ///< As `retry::min_delay` around it.
    std::optional<unsigned> max_attempts = {}; ///< As `retry::max_attempts` around it.
    std::optional<duration> max_elapsed = {};  ///< As `retry::max_elapsed` around it.

    bool operator==(const retry_record& other) const;
};

/// The policy that is written down.
///
/// @throws std::invalid_argument naming the field that makes no sense
retry::policy to_policy(const retry_record& r);

/// A client service, but for what it speaks, which code alone can say: that has the name `kind`.
struct client_record
{
    /// Longest name of a service or a kind.
    static constexpr std::size_t name_length_max = 255;

    std::string name = {};

    /// What is made of its connections: a name that `service_kinds` knows.
    std::string kind = {};

    /// The description of its endpoint, without secrets.
    std::string endpoint = {};

    /// Where the secrets of the endpoint are read from when the service is made: the keys of
    /// arguments, such as `password`, or `endpoint.password` for that of the description within,
    /// each with `env:NAME` (a variable of the environment) or `file:PATH` (the first line of a
    /// file).
    std::map<std::string, std::string> secrets = {};

    retry_record retry = {};

    // As in `client_options`.

    duration attempt_timeout = std::chrono::seconds(30);
    duration prepare_timeout = std::chrono::seconds(30);
    duration stop_timeout = std::chrono::seconds(5);
    duration stable_after = std::chrono::seconds(10);
    duration delay_floor = std::chrono::milliseconds(10);
    bool thread_safe = false;

    child_options child = {}; ///< What its tree is told of it.

    bool operator==(const client_record&) const = default;
};

/// One child of a tree. A template only so that it may be used before trees are known.
template <class Tree>
struct child_record
{
    std::variant<client_record, Tree> what = {};

    bool operator==(const child_record&) const = default;
};

/// A tree of services.
struct tree_record
{
    static constexpr std::size_t depth_max = 16;         ///< Trees within trees.
    static constexpr std::size_t services_max = 100'000; ///< In all.

    std::string name = {};

    // As in `multi_service_options`.

    stop_order stop = stop_order::one_by_one;
    std::optional<duration> child_stop_timeout = std::chrono::seconds(10);
    std::optional<duration> stop_timeout = std::chrono::seconds(60);

    child_options child = {}; ///< What its own tree is told of it.

    std::vector<child_record<tree_record>> services = {}; ///< In their order.

    bool operator==(const tree_record&) const;
};

using service_record = child_record<tree_record>;
}

#endif
