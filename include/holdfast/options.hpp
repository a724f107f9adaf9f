// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OPTIONS_HPP
#define HOLDFAST_OPTIONS_HPP

#include <holdfast/clock.hpp>
#include <holdfast/core/client_machine.hpp>
#include <holdfast/observe/event.hpp>
#include <holdfast/prepare.hpp>
#include <holdfast/resolver.hpp>
#include <holdfast/retry/backoff.hpp>
#include <holdfast/retry/policy.hpp>

#include <chrono>
#include <string>

namespace holdfast
{
/// All that a client service can be told beside its endpoint and its factory. Every member has a
/// default, so that braces name just what differs: `{.name = "cache", .stop_timeout = 1s}`.
///
/// Time-outs must be more than zero and at most 24 hours; what is out of range is refused by the
/// service's constructor with `std::invalid_argument`, which names the field.
///
/// @par Thread safety
/// The callables are called on the executor of the service; those of services that share a
/// definition and run on different threads, on all of these.
template <class Protocol>
struct client_options
{
    /// Stands in events and logs.
    std::string name = {};

    /// Chooses the delay before each attempt but the first after a start. By default
    /// `retry::backoff{}`: growing from 1 s to 60 s, with full jitter.
    retry::policy retry = {};

    /// Is run on each new connection before anybody gets it. See `prepare_function`.
    prepare_function<Protocol> prepare = {};

    /// From the begin of an attempt to the end of its preparation, lookup and all.
    duration attempt_timeout = std::chrono::seconds(30);

    /// For the preparation alone.
    duration prepare_timeout = std::chrono::seconds(30);

    /// From the request to close until the connection is cut off; a second later it is abandoned.
    duration stop_timeout = std::chrono::seconds(5);

    /// A connection that was lost earlier than this after it was ready is a setback: the back-off
    /// goes on growing. Zero: every connection that was ready resets the back-off.
    duration stable_after = std::chrono::seconds(10);

    /// No delay is shorter, whatever the policy says, unless it is `retry::immediately`; nor does
    /// `retry_now` begin an attempt sooner after a failure. From zero to 24 hours.
    duration delay_floor = std::chrono::milliseconds(10);

    /// Is told of each change of state. What it throws is dropped.
    observer observe = {};

    /// Null: `default_clock` of the executor. Must outlive the service.
    holdfast::clock* clock = nullptr;

    /// Null: `default_resolver` of the executor. Must outlive the service.
    holdfast::resolver* resolver = nullptr;

    /// Lets any thread call the service, at the price of a strand; see `client_service`.
    bool thread_safe = false;
};
}

#endif
